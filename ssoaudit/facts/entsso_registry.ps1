# Of an alias that is no text there is nothing to tell.
function Get-AliasTarget([string]$Key, [string]$Name) {
    try {
        Get-RegistryText $Key $Name
    } catch {
        if ((ConvertTo-Failure $_).type -ne 'System.InvalidCastException') { throw }
        $null
    }
}

function Get-EntssoView([string]$Key) {
    if ($null -eq (Get-RegistryKeyNames $Key)) { return $null }
    [ordered]@{
        product_version = Get-RegistryText $Key 'ProductVersion'
        install_path = Get-RegistryText $Key 'InstallPath'
        sql_server = Get-RegistryText "$Key\SQL" 'Server'
        sql_database = Get-RegistryText "$Key\SQL" 'Database'
    }
}

function Read-EntssoRegistry {
    $key = 'SOFTWARE\Microsoft\ENTSSO'
    if ($null -eq (Get-RegistryKeyNames $key)) { Stop-Absent 'ENTSSO is not installed' }
    $aliases = 'SOFTWARE\Microsoft\MSSQLServer\Client\ConnectTo'
    $targets = @(foreach ($name in @(Get-RegistryValueNames $aliases)) {
        [ordered]@{ name = [string]$name; target = Get-AliasTarget $aliases $name }
    })
    $lacking = [ordered]@{}
    $data = [ordered]@{
        product_name = Get-PartText $key 'ProductName' $lacking 'product_name'
        product_version = Get-PartText $key 'ProductVersion' $lacking 'product_version'
        install_path = Get-PartText $key 'InstallPath' $lacking 'install_path'
        sql_server = Get-PartText "$key\SQL" 'Server' $lacking 'sql_server'
        sql_database = Get-PartText "$key\SQL" 'Database' $lacking 'sql_database'
        sql_aliases = @($targets)
    }
    try {
        $data.in_32_bit_view = Get-EntssoView 'SOFTWARE\Wow6432Node\Microsoft\ENTSSO'
    } catch {
        $lacking.in_32_bit_view = (ConvertTo-Failure $_).message
    }
    ConvertTo-Capped $data $lacking @{ sql_aliases = 100 }
}
