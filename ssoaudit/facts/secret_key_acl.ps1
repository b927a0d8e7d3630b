function Get-KeySecurity([string]$Key) { $opened = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64').OpenSubKey($Key, 'ReadSubTree', 'ReadPermissions'); if ($null -ne $opened) { try { [Convert]::ToBase64String($opened.GetAccessControl('Access, Owner').GetSecurityDescriptorBinaryForm()) } finally { $opened.Dispose() } } }

function Read-SecretKeyAcl {
    $descriptor = Get-KeySecurity 'SOFTWARE\Microsoft\ENTSSO\SSOSS'
    [ordered]@{
        is_present = ($null -ne $descriptor)
        security_descriptor = $descriptor
    }
}
