function Get-FirewallProfiles([string]$Store, [string]$Key, $Names) {
    foreach ($name in $Names) {
        if ($null -eq (Get-RegistryKeyNames "$Key\$name")) { continue }
        [ordered]@{
            store = $Store
            profile = $name
            enable_firewall = Get-RegistryNumber "$Key\$name" 'EnableFirewall'
            default_inbound_action = Get-RegistryNumber "$Key\$name" 'DefaultInboundAction'
            do_not_allow_exceptions = Get-RegistryNumber "$Key\$name" 'DoNotAllowExceptions'
            allow_local_policy_merge = Get-RegistryNumber "$Key\$name" 'AllowLocalPolicyMerge'
        }
    }
}

# The local rules of the group have names of their own; a policy's rules are named by GUIDs, and each has to be read.
function Get-DtcRules([string]$Store, [string]$Key, $Names) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    foreach ($name in $Names) {
        if ($watch.ElapsedMilliseconds -gt 20000) { throw 'the rules could not be read within 20 s' }
        $text = Get-RegistryText $Key $name
        if ($null -eq $text) { continue }
        if ($text.Length -gt 8192) { $text = $text.Substring(0, 8192) }
        if ($name -like 'MSDTC-*' -or $text -like '*@FirewallAPI.dll,-33502*' -or $text -like '*msdtc.exe*') {
            [ordered]@{ store = $Store; rule_id = [string]$name; rule = $text }
        }
    }
}

function Read-MsdtcFirewall {
    $local = 'SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy'
    $policy = 'SOFTWARE\Policies\Microsoft\WindowsFirewall'
    $lacking = [ordered]@{}
    $service = @(Get-CimInstance -Namespace root/cimv2 -ClassName Win32_Service -Filter "Name='MpsSvc'" -OperationTimeoutSec 15)
    $known = @(Get-RegistryValueNames "$local\FirewallRules" | Where-Object { $_ -like 'MSDTC-*' })
    $imposed = @(Get-RegistryValueNames "$policy\FirewallRules")
    $data = [ordered]@{
        service_state = $null
        profiles = @(
            Get-FirewallProfiles 'local' $local @('DomainProfile', 'StandardProfile', 'PublicProfile')
            Get-FirewallProfiles 'policy' $policy @('DomainProfile', 'StandardProfile', 'PrivateProfile', 'PublicProfile')
        )
        local_rules = @(Get-DtcRules 'local' "$local\FirewallRules" $known)
    }
    if ($service.Count -gt 0) { $data.service_state = Get-Text $service[0].State }
    try {
        if ($imposed.Count -gt 3000) { throw 'a policy has more than 3000 rules' }
        $data.policy_rules = @(Get-DtcRules 'policy' "$policy\FirewallRules" $imposed)
    } catch {
        $lacking.policy_rules = (ConvertTo-Failure $_).message
    }
    try {
        $data.connections = @(Get-CimInstance -Namespace root/StandardCimv2 -ClassName MSFT_NetConnectionProfile -OperationTimeoutSec 15 | ForEach-Object {
            [ordered]@{ interface = Get-Text $_.InterfaceAlias; category = Get-Number $_.NetworkCategory }
        })
    } catch {
        $lacking.connections = (ConvertTo-Failure $_).message
    }
    ConvertTo-Capped $data $lacking @{ local_rules = 64; policy_rules = 64; connections = 64 }
}
