function Get-ClusterRows([string]$Class) {
    Get-CimInstance -Namespace root/MSCluster -ClassName $Class -OperationTimeoutSec 15
}

function Get-PrivateProperty($Resource, [string]$Name) {
    if ($null -eq $Resource.PrivateProperties) { return $null }
    $property = $Resource.PrivateProperties.CimInstanceProperties[$Name]
    if ($null -eq $property) { return $null }
    $property.Value
}

# All resources together have 20 s: a cluster service that hangs costs no more than its own topic's time.
function Get-Dependencies($Resource, $Watch) {
    $answer = [ordered]@{ resource_id = Get-Text $Resource.Id; expression = $null; error = $null }
    if ($Watch.ElapsedMilliseconds -gt 20000) {
        $answer.error = 'not asked: the resources before it took 20 s'
        return $answer
    }
    try {
        $result = Invoke-CimMethod -InputObject $Resource -MethodName GetDependencies -Arguments @{ AsResourceIds = $true } -OperationTimeoutSec 10
        $answer.expression = Get-TextOrNull $result.Expression
    } catch {
        $answer.error = Get-ShortText (ConvertTo-Failure $_).message
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

function Get-OwnCluster {
    try {
        $cluster = @(Get-ClusterRows MSCluster_Cluster)
        if ($cluster.Count -eq 0) { throw 'the cluster service gave no cluster' }
    } catch {
        # Without the feature there is no namespace, without a cluster no answer; with one, the service does not run.
        if ($null -eq (Get-RegistryKeyNames 'SYSTEM\CurrentControlSet\Services\ClusSvc\Parameters')) {
            Stop-Absent 'the machine is in no failover cluster'
        }
        throw
    }
    $cluster[0]
}

function Read-ClusterView {
    $cluster = Get-OwnCluster
    $resources = @(Get-ClusterRows MSCluster_Resource)
    $watch = [Diagnostics.Stopwatch]::StartNew()
    # Beyond the cap of the resources none is asked for its dependencies: there are no resources to tell of.
    $asked = @(if ($resources.Count -le 200) { $resources })
    $data = [ordered]@{
        name = Get-Text $cluster.Name
        fqdn = Get-TextOrNull $cluster.Fqdn
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
        dependencies = @($asked | ForEach-Object { Get-Dependencies $_ $watch })
        possible_owners = @(Get-ClusterRows MSCluster_ResourceToPossibleOwner | Where-Object { $null -ne $_.GroupComponent.Name -and $null -ne $_.PartComponent.Name } | ForEach-Object {
            [ordered]@{ resource = Get-Text $_.GroupComponent.Name; node = Get-Text $_.PartComponent.Name }
        })
    }
    $lacking = [ordered]@{}
    if ($resources.Count -gt 200) {
        $lacking.dependencies = 'there are more than 200 resources'
        $data.Remove('dependencies')
    }
    ConvertTo-Capped $data $lacking @{ nodes = 64; groups = 200; resources = 200; dependencies = 200; possible_owners = 12800 }
}
