function Get-NlbInterfaces {
    $key = 'SYSTEM\CurrentControlSet\Services\WLBS\Parameters\Interface'
    foreach ($id in (Get-RegistryKeyNames $key).Names) {
        [ordered]@{
            id = [string]$id
            cluster_address = Get-RegistryText "$key\$id" 'ClusterIPAddress'
            cluster_name = Get-RegistryText "$key\$id" 'ClusterName'
        }
    }
}

function Read-Nlb {
    $lacking = [ordered]@{}
    $data = [ordered]@{
        is_installed = ($null -ne (Get-RegistryKeyNames 'SYSTEM\CurrentControlSet\Services\WLBS'))
        interfaces = @(Get-NlbInterfaces)
        nodes = $null
    }
    try {
        $rows = @(Get-CimInstance -Namespace root/StandardCimv2 -ClassName MSFT_NetAdapterBindingSettingData -OperationTimeoutSec 15)
        $data.bindings = @($rows | Where-Object { $_.ComponentID -eq 'ms_wlbs' -or $_.ComponentID -eq 'ms_nlb' } | ForEach-Object {
            [ordered]@{ adapter = Get-Text $_.Name; component = Get-Text $_.ComponentID; is_enabled = Get-Flag $_.Enabled }
        })
    } catch {
        $lacking.bindings = (ConvertTo-Failure $_).message
    }
    try {
        # Without an interface there is no cluster to enumerate, which can take its provider long to say.
        if ($data.interfaces.Count -gt 0) { $data.nodes = @(Get-CimInstance -Namespace root/MicrosoftNLB -ClassName MicrosoftNLB_Node -OperationTimeoutSec 15 | ForEach-Object {
            [ordered]@{
                computer_name = Get-TextOrNull $_.ComputerName
                host_priority = Get-Number $_.HostPriority
                dedicated_address = Get-TextOrNull $_.DedicatedIPAddress
                status_code = Get-Number $_.StatusCode
            }
        }) }
    } catch {
        # 0x8004100E is an invalid namespace: without the feature there is none.
        $failure = ConvertTo-Failure $_
        if ($failure.code -ne '0x8004100E') {
            $data.Remove('nodes')
            $lacking.nodes = $failure.message
        }
    }
    ConvertTo-Capped $data $lacking @{ interfaces = 64; bindings = 64; nodes = 64 }
}
