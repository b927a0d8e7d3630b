function Read-RpcPolicy {
    $policy = 'SOFTWARE\Policies\Microsoft\Windows NT\RPC'
    $internet = 'SOFTWARE\Microsoft\Rpc\Internet'
    $lacking = [ordered]@{}
    $data = [ordered]@{
        restrict_remote_clients = Get-PartNumber $policy 'RestrictRemoteClients' $lacking 'restrict_remote_clients'
        enable_auth_ep_resolution = Get-PartNumber $policy 'EnableAuthEpResolution' $lacking 'enable_auth_ep_resolution'
        ports = @(Get-RegistryStrings $internet 'Ports' | ForEach-Object { Get-ShortText $_ })
        ports_internet_available = Get-ShortText (Get-PartText $internet 'PortsInternetAvailable' $lacking 'ports_internet_available')
        use_internet_ports = Get-ShortText (Get-PartText $internet 'UseInternetPorts' $lacking 'use_internet_ports')
    }
    ConvertTo-Capped $data $lacking @{ ports = 64 }
}
