function Read-MasterSecretIds {
    $found = Get-RegistryKeyNames 'SOFTWARE\Microsoft\ENTSSO\SSOSS'
    [ordered]@{
        is_present = ($null -ne $found)
        names = @(if ($null -ne $found) { $found.Names })
    }
}
