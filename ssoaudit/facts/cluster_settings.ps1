function Read-ClusterSettings {
    $cluster = Get-OwnCluster
    $resources = @(Get-ClusterRows MSCluster_Resource)
    $named = @($resources | Where-Object { $_.Type -eq 'Network Name' -or $_.Type -eq 'Distributed Network Name' })
    $addressed = @($resources | Where-Object { $_.Type -eq 'IP Address' -or $_.Type -eq 'IPv6 Address' })
    $data = [ordered]@{
        functional_level = Get-Number $cluster.ClusterFunctionalLevel
        upgrade_version = Get-Number $cluster.ClusterUpgradeVersion
        quorum_type = Get-TextOrNull $cluster.QuorumType
        quorum_type_value = Get-Number $cluster.QuorumTypeValue
        quorum_path = Get-TextOrNull $cluster.QuorumPath
        dynamic_quorum = Get-Number $cluster.DynamicQuorumEnabled
        witness_dynamic_weight = Get-Number $cluster.WitnessDynamicWeight
        quorum_resources = @(Get-ClusterRows MSCluster_ClusterToQuorumResource | Where-Object { $null -ne $_.PartComponent.Name } | ForEach-Object { Get-Text $_.PartComponent.Name })
        security_descriptor = $null
        nodes = @(Get-ClusterRows MSCluster_Node | ForEach-Object {
            [ordered]@{
                name = Get-Text $_.Name
                id = Get-TextOrNull $_.Id
                weight = Get-Number $_.NodeWeight
                dynamic_weight = Get-Number $_.DynamicWeight
                drain_status = Get-Number $_.NodeDrainStatus
                status = Get-Number $_.StatusInformation
                major_version = Get-Number $_.MajorVersion
                minor_version = Get-Number $_.MinorVersion
                build = Get-Number $_.BuildNumber
            }
        })
        groups = @(Get-ClusterRows MSCluster_ResourceGroup | ForEach-Object {
            [ordered]@{
                id = Get-Text $_.Id
                name = Get-Text $_.Name
                is_core = Get-Flag $_.IsCore
                is_meant_online = Get-Flag $_.PersistentState
                priority = Get-Number $_.Priority
                failback_type = Get-Number $_.AutoFailbackType
                failback_window_start = Get-Number $_.FailbackWindowStart
                failback_window_end = Get-Number $_.FailbackWindowEnd
                failover_threshold = Get-Number $_.FailoverThreshold
                failover_period = Get-Number $_.FailoverPeriod
            }
        })
        preferred_owners = @(Get-ClusterRows MSCluster_ResourceGroupToPreferredNode | Where-Object { $null -ne $_.GroupComponent.Name -and $null -ne $_.PartComponent.Name } | ForEach-Object {
            [ordered]@{ group = Get-Text $_.GroupComponent.Name; node = Get-Text $_.PartComponent.Name }
        })
        resources = @($resources | ForEach-Object {
            [ordered]@{
                id = Get-Text $_.Id
                name = Get-Text $_.Name
                resource_class = Get-Number $_.ResourceClass
                is_core = Get-Flag $_.CoreResource
                is_meant_online = Get-Flag $_.PersistentState
                pending_timeout = Get-Number $_.PendingTimeout
                restart_action = Get-Number $_.RestartAction
                restart_threshold = Get-Number $_.RestartThreshold
                restart_period = Get-Number $_.RestartPeriod
                status = Get-Number $_.StatusInformation
            }
        })
        crypto_checkpoints = @(foreach ($row in $resources) {
            foreach ($checkpoint in @($row.CryptoCheckpoints | Where-Object { $null -ne $_ })) {
                [ordered]@{ resource_id = Get-Text $row.Id; checkpoint = [string]$checkpoint }
            }
        })
        network_names = @($named | ForEach-Object {
            [ordered]@{
                resource_id = Get-Text $_.Id
                status_dns = Get-Number (Get-PrivateProperty $_ 'StatusDNS')
                status_kerberos = Get-Number (Get-PrivateProperty $_ 'StatusKerberos')
                status_netbios = Get-Number (Get-PrivateProperty $_ 'StatusNetBIOS')
                host_record_ttl = Get-Number (Get-PrivateProperty $_ 'HostRecordTTL')
                registers_all_addresses = Get-Number (Get-PrivateProperty $_ 'RegisterAllProvidersIP')
                publishes_ptr = Get-Number (Get-PrivateProperty $_ 'PublishPTRRecords')
                dns_suffix = Get-TextOrNull (Get-PrivateProperty $_ 'DnsSuffix')
            }
        })
        addresses = @($addressed | ForEach-Object {
            [ordered]@{
                resource_id = Get-Text $_.Id
                address = Get-TextOrNull (Get-PrivateProperty $_ 'Address')
                subnet_mask = Get-TextOrNull (Get-PrivateProperty $_ 'SubnetMask')
                network = Get-TextOrNull (Get-PrivateProperty $_ 'Network')
                enables_dhcp = Get-Number (Get-PrivateProperty $_ 'EnableDhcp')
                enables_netbios = Get-Number (Get-PrivateProperty $_ 'EnableNetBIOS')
            }
        })
        sql_servers = @($resources | Where-Object { $_.Type -eq 'SQL Server' } | ForEach-Object {
            [ordered]@{
                resource_id = Get-Text $_.Id
                instance_name = Get-TextOrNull (Get-PrivateProperty $_ 'InstanceName')
                virtual_server_name = Get-TextOrNull (Get-PrivateProperty $_ 'VirtualServerName')
            }
        })
    }
    if ($null -ne $cluster.Security_Descriptor) {
        $data.security_descriptor = [Convert]::ToBase64String([byte[]]@($cluster.Security_Descriptor))
    }
    ConvertTo-Capped $data ([ordered]@{}) @{
        quorum_resources = 16
        nodes = 64
        groups = 200
        preferred_owners = 12800
        resources = 200
        crypto_checkpoints = 1000
        network_names = 200
        addresses = 200
        sql_servers = 200
    }
}
