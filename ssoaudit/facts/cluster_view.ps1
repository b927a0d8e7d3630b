function Get-ClusterRows([string]$Class) {
    Get-CimInstance -Namespace root/MSCluster -ClassName $Class -OperationTimeoutSec 15
}

function Get-PrivateProperty($Resource, [string]$Name) {
    if ($null -eq $Resource.PrivateProperties) { return $null }
    $property = $Resource.PrivateProperties.CimInstanceProperties[$Name]
    if ($null -eq $property) { return $null }
    $property.Value
}

function Get-Dependencies($Resource) {
    $answer = [ordered]@{ resource_id = Get-Text $Resource.Id; expression = $null; error = $null }
    try {
        $result = Invoke-CimMethod -InputObject $Resource -MethodName GetDependencies -Arguments @{ AsResourceIds = $true } -OperationTimeoutSec 10
        $answer.expression = Get-TextOrNull $result.Expression
    } catch {
        $answer.error = (ConvertTo-Failure $_).message
    }
    $answer
}

function ConvertTo-Resource($Row) {
    $isService = $Row.Type -eq 'Generic Service'
    $isName = $Row.Type -eq 'Network Name'
    $isAddress = $Row.Type -eq 'IP Address' -or $Row.Type -eq 'IPv6 Address'
    $useName = if ($isService) { Get-PrivateProperty $Row 'UseNetworkName' } else { $null }
    [ordered]@{
        id = Get-Text $Row.Id
        name = Get-Text $Row.Name
        type = Get-Text $Row.Type
        state = Get-Number $Row.State
        group = Get-Text $Row.OwnerGroup
        owner = Get-Text $Row.OwnerNode
        service_name = if ($isService) { Get-TextOrNull (Get-PrivateProperty $Row 'ServiceName') } else { $null }
        use_network_name = Get-Number $useName
        network_name = if ($isName) { Get-TextOrNull (Get-PrivateProperty $Row 'Name') } else { $null }
        dns_name = if ($isName) { Get-TextOrNull (Get-PrivateProperty $Row 'DnsName') } else { $null }
        address = if ($isAddress) { Get-TextOrNull (Get-PrivateProperty $Row 'Address') } else { $null }
        registry_checkpoints = @($Row.RegistryCheckpoints | Where-Object { $null -ne $_ } | ForEach-Object { [string]$_ })
    }
}

function Read-ClusterView {
    try {
        $cluster = @(Get-ClusterRows MSCluster_Cluster)
    } catch {
        # 0x8004100E is an invalid namespace: the feature is not installed, or the cluster service does not run.
        $failure = ConvertTo-Failure $_
        if ($failure.code -eq '0x8004100E' -and $null -eq (Get-RegistryKeyNames 'SYSTEM\CurrentControlSet\Services\ClusSvc\Parameters')) {
            Stop-Absent 'the machine is in no failover cluster'
        }
        throw
    }
    if ($cluster.Count -eq 0) { throw 'the cluster service gave no cluster' }
    $resources = @(Get-ClusterRows MSCluster_Resource)
    [ordered]@{
        name = Get-Text $cluster[0].Name
        fqdn = Get-TextOrNull $cluster[0].Fqdn
        nodes = @(Get-ClusterRows MSCluster_Node | ForEach-Object {
            [ordered]@{ name = Get-Text $_.Name; state = Get-Number $_.State }
        })
        groups = @(Get-ClusterRows MSCluster_ResourceGroup | ForEach-Object {
            [ordered]@{
                id = Get-Text $_.Id
                name = Get-Text $_.Name
                group_type = Get-Number $_.GroupType
                state = Get-Number $_.State
                owner = Get-Text $_.OwnerNode
            }
        })
        resources = @($resources | ForEach-Object { ConvertTo-Resource $_ })
        dependencies = @($resources | ForEach-Object { Get-Dependencies $_ })
        possible_owners = @(Get-ClusterRows MSCluster_ResourceToPossibleOwner | ForEach-Object {
            [ordered]@{ resource = Get-Text $_.GroupComponent.Name; node = Get-Text $_.PartComponent.Name }
        })
    }
}
