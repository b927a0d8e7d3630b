function Get-FolderFiles([string]$Folder, [string]$Pattern) { (New-Object IO.DirectoryInfo $Folder).GetFiles($Pattern) }

function Get-FileVersion([string]$Path) { [Diagnostics.FileVersionInfo]::GetVersionInfo($Path) }

# Listed, not asked for one by one: for a file of a folder that may not be read, Windows says that it does not exist.
function Get-FilesOrNull([string]$Folder, [string]$Pattern) {
    try {
        @{ Files = @(Get-FolderFiles $Folder $Pattern) }
    } catch {
        # 0x80070003: there is no such folder.
        if ((ConvertTo-Failure $_).code -ne '0x80070003') { throw }
        $null
    }
}

# Where setup says that it is, else where setup puts it. A share is not asked: the auditor has no credentials for it.
function Get-EntssoFolder {
    $folder = Get-RegistryText 'SOFTWARE\Microsoft\ENTSSO' 'InstallPath'
    if ($null -eq $folder) {
        $folder = (Get-RegistryText 'SOFTWARE\Microsoft\Windows\CurrentVersion' 'CommonFilesDir') + '\Enterprise Single Sign-On'
    }
    if ($folder -notmatch '^[A-Za-z]:\\' -or $folder.Length -gt 1024) { throw 'the install folder is not a path on a drive of this machine' }
    $folder
}

function ConvertTo-Program([string]$Name, $Found) {
    $version = $null
    foreach ($file in $Found) {
        $info = Get-FileVersion $file.FullName
        # A file without version information has zeros for parts, and no text.
        if ($null -ne $info.FileVersion) {
            $version = '{0}.{1}.{2}.{3}' -f $info.FileMajorPart, $info.FileMinorPart, $info.FileBuildPart, $info.FilePrivatePart
        }
    }
    [ordered]@{ name = $Name; is_present = (@($Found).Count -gt 0); version = $version }
}

function Read-EntssoFiles {
    $folder = Get-EntssoFolder
    $names = 'ENTSSO.exe', 'ssoconfig.exe', 'ssomanage.exe'
    $found = Get-FilesOrNull $folder '*.exe'
    [ordered]@{
        folder = $folder
        folder_exists = ($null -ne $found)
        programs = @(foreach ($name in $names) { ConvertTo-Program $name @($found.Files | Where-Object { $_.Name -eq $name }) })
    }
}
