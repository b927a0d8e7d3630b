function Get-DtcSettings([string]$Key, [string]$Security) {
    [ordered]@{
        network_dtc_access = Get-RegistryNumber $Security 'NetworkDtcAccess'
        network_dtc_access_transactions = Get-RegistryNumber $Security 'NetworkDtcAccessTransactions'
        network_dtc_access_inbound = Get-RegistryNumber $Security 'NetworkDtcAccessInbound'
        network_dtc_access_outbound = Get-RegistryNumber $Security 'NetworkDtcAccessOutbound'
        network_dtc_access_admin = Get-RegistryNumber $Security 'NetworkDtcAccessAdmin'
        network_dtc_access_clients = Get-RegistryNumber $Security 'NetworkDtcAccessClients'
        network_dtc_access_tip = Get-RegistryNumber $Security 'NetworkDtcAccessTip'
        xa_transactions = Get-RegistryNumber $Security 'XaTransactions'
        lu_transactions = Get-RegistryNumber $Security 'LuTransactions'
        allow_only_secure_rpc_calls = Get-RegistryNumber $Key 'AllowOnlySecureRpcCalls'
        fallback_to_unsecure_rpc = Get-RegistryNumber $Key 'FallbackToUnsecureRPCIfNecessary'
        turn_off_rpc_security = Get-RegistryNumber $Key 'TurnOffRpcSecurity'
        server_tcp_port = Get-RegistryNumber $Key 'ServerTcpPort'
        security_server_tcp_port = Get-RegistryNumber $Security 'ServerTcpPort'
        account_name = Get-RegistryText $Security 'AccountName'
    }
}

function Get-ClusteredDtcSettings($Resources) {
    foreach ($resource in $Resources) {
        if ($null -eq (Get-RegistryKeyNames "Cluster\Resources\$resource\MSDTCPRIVATE")) { continue }
        [ordered]@{
            resource_id = [string]$resource
            settings = Get-DtcSettings "Cluster\Resources\$resource\MSDTCPRIVATE\MSDTC" "Cluster\Resources\$resource\MSDTCPRIVATE\MSDTC\Security"
        }
    }
}

# Of a key whose values are not documented, those that are plain text (type 1).
function Get-RegistryTexts([string]$Key) {
    $answer = Invoke-Registry EnumValues $Key @{}
    if ($null -eq $answer -or $null -eq $answer.sNames) { return }
    $names = @($answer.sNames)
    $types = @($answer.Types)
    for ($index = 0; $index -lt $names.Count; $index += 1) {
        if ($types[$index] -ne 1) { continue }
        [ordered]@{ value_name = [string]$names[$index]; text = Get-ShortText (Get-RegistryText $Key $names[$index]) }
    }
}

function Get-TmMappings {
    foreach ($kind in 'Service', 'Exe', 'ComPlus') {
        foreach ($name in (Get-RegistryKeyNames "Cluster\MSDTC\TMMapping\$kind").Names) {
            $values = @(Get-RegistryTexts "Cluster\MSDTC\TMMapping\$kind\$name")
            if ($values.Count -gt 32) { throw "the mapping $name has more than 32 values" }
            [ordered]@{ kind = $kind; mapping_name = [string]$name; mapping_values = @($values) }
        }
    }
}

function Read-MsdtcSecurity {
    $lacking = [ordered]@{}
    $data = [ordered]@{ local = $null; clustered = $null; mappings = $null; cluster_values = $null }
    if ($null -ne (Get-RegistryKeyNames 'SOFTWARE\Microsoft\MSDTC')) {
        $data.local = Get-DtcSettings 'SOFTWARE\Microsoft\MSDTC' 'SOFTWARE\Microsoft\MSDTC\Security'
    }
    try {
        $resources = Get-RegistryKeyNames 'Cluster\Resources'
        if ($null -ne $resources) {
            if ($resources.Names.Count -gt 200) { throw 'there are more than 200 resources' }
            $data.clustered = @(Get-ClusteredDtcSettings $resources.Names)
            $data.mappings = @(Get-TmMappings)
            $data.cluster_values = @(Get-RegistryTexts 'Cluster\MSDTC')
        }
    } catch {
        $message = (ConvertTo-Failure $_).message
        foreach ($part in 'clustered', 'mappings', 'cluster_values') {
            $data.Remove($part)
            $lacking[$part] = $message
        }
    }
    ConvertTo-Capped $data $lacking @{ clustered = 64; mappings = 200; cluster_values = 64 }
}
