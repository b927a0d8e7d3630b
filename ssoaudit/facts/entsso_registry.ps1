function Read-EntssoRegistry {
    $key = 'SOFTWARE\Microsoft\ENTSSO'
    if ($null -eq (Get-RegistryKeyNames $key)) { Stop-Absent 'ENTSSO is not installed' }
    $aliases = 'SOFTWARE\Microsoft\MSSQLServer\Client\ConnectTo'
    $targets = @(foreach ($name in @(Get-RegistryValueNames $aliases)) {
        [ordered]@{ name = [string]$name; target = Get-RegistryText $aliases $name }
    })
    [ordered]@{
        product_name = Get-RegistryText $key 'ProductName'
        product_version = Get-RegistryText $key 'ProductVersion'
        install_path = Get-RegistryText $key 'InstallPath'
        sql_server = Get-RegistryText "$key\SQL" 'Server'
        sql_database = Get-RegistryText "$key\SQL" 'Database'
        sql_aliases = $targets
    }
}
