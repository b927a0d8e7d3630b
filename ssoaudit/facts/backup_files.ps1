function Get-FileSecurity([string]$Path) { [Convert]::ToBase64String((New-Object Security.AccessControl.FileSecurity $Path, 'Access, Owner').GetSecurityDescriptorBinaryForm()) }

function ConvertTo-BackupFile($File) {
    $answer = [ordered]@{
        name = Get-ShortText $File.Name
        size = Get-Number $File.Length
        modified = Get-Time $File.LastWriteTimeUtc
        security_descriptor = $null
        error = $null
    }
    try {
        $answer.security_descriptor = Get-FileSecurity $File.FullName
    } catch {
        $answer.error = Get-ShortText (ConvertTo-Failure $_).message
    }
    $answer
}

function Read-BackupFiles {
    $folder = Get-EntssoFolder
    $found = Get-FilesOrNull $folder '*.bak'
    # Of a pattern with three letters Windows also finds longer endings.
    $backups = @($found.Files | Where-Object { $_.Name -like '*.bak' })
    $data = [ordered]@{ folder = $folder; folder_exists = ($null -ne $found) }
    if ($backups.Count -gt 200) {
        $data.lacking = [ordered]@{ files = 'there are more than 200' }
    } else {
        $data.files = @($backups | ForEach-Object { ConvertTo-BackupFile $_ })
    }
    $data
}
