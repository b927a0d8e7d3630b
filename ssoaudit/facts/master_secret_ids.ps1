function Read-MasterSecretIds {
    $found = Get-RegistryKeyNames 'SOFTWARE\Microsoft\ENTSSO\SSOSS'
    $data = [ordered]@{
        is_present = ($null -ne $found)
        names = @(if ($null -ne $found) { $found.Names })
    }
    ConvertTo-Capped $data ([ordered]@{}) @{ names = 64 }
}
