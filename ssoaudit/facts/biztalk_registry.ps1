function Get-BizTalkInstallation([string]$Key) {
    if ($null -eq (Get-RegistryKeyNames $Key)) { return $null }
    [ordered]@{
        product_name = Get-ShortText (Get-RegistryText $Key 'ProductName')
        product_version = Get-ShortText (Get-RegistryText $Key 'ProductVersion')
        product_edition = Get-ShortText (Get-RegistryText $Key 'ProductEdition')
        install_path = Get-ShortText (Get-RegistryText $Key 'InstallPath')
        management_server = Get-ShortText (Get-RegistryText "$Key\Administration" 'MgmtDBServer')
        management_database = Get-ShortText (Get-RegistryText "$Key\Administration" 'MgmtDBName')
    }
}

function Read-BiztalkRegistry {
    [ordered]@{
        native = Get-BizTalkInstallation 'SOFTWARE\Microsoft\BizTalk Server\3.0'
        in_32_bit_view = Get-BizTalkInstallation 'SOFTWARE\Wow6432Node\Microsoft\BizTalk Server\3.0'
        has_host_integration_server = ($null -ne (Get-RegistryKeyNames 'SOFTWARE\Microsoft\Host Integration Server'))
    }
}
