function ConvertTo-Service($Row) {
    $key = 'SYSTEM\CurrentControlSet\Services\' + $Row.Name
    $depends = @(Get-RegistryStrings $key 'DependOnService')
    if ($depends.Count -gt 64) { throw "$($Row.Name) depends on more than 64 services" }
    [ordered]@{
        name = Get-Text $Row.Name
        display_name = [string](Get-ShortText $Row.DisplayName)
        state = Get-Text $Row.State
        start_mode = Get-Text $Row.StartMode
        delayed_start = Get-RegistryNumber $key 'DelayedAutostart'
        start_name = Get-TextOrNull $Row.StartName
        process_id = Get-Number $Row.ProcessId
        exit_code = Get-Number $Row.ExitCode
        service_exit_code = Get-Number $Row.ServiceSpecificExitCode
        path = Get-ShortText $Row.PathName
        depends_on = @($depends)
        failure_actions = Get-RegistryBytes $key 'FailureActions'
    }
}

function Get-Processes($Services) {
    $running = @($Services | Where-Object { $_.process_id -gt 0 } | ForEach-Object { "ProcessId=$($_.process_id)" })
    if ($running.Count -eq 0) { return }
    Get-CimInstance -Namespace root/cimv2 -ClassName Win32_Process -Filter ($running -join ' OR ') -Property 'ProcessId', 'CreationDate' -OperationTimeoutSec 15 | ForEach-Object {
        [ordered]@{ id = Get-Number $_.ProcessId; started = Get-Time $_.CreationDate }
    }
}

function Get-OwnAccounts {
    $own = @(Get-CimInstance -Namespace root/cimv2 -ClassName Win32_Service -Filter "NOT StartName LIKE 'NT %' AND StartName <> 'LocalSystem'" -OperationTimeoutSec 15)
    # A service of each user has no account that WMI knows.
    $own | Where-Object { $null -ne $_.StartName } | ForEach-Object { [ordered]@{ service = Get-Text $_.Name; account = Get-Text $_.StartName } }
}

function Read-Services {
    $names = 'ENTSSO', 'MSDTC', 'W3SVC', 'ClusSvc', 'RpcSs', 'SSOPS'
    $filter = @($names | ForEach-Object { "Name='$_'" }) + "Name LIKE 'MSDTC$%'" + "Name LIKE 'BTSSvc$%'"
    $found = @(Get-CimInstance -Namespace root/cimv2 -ClassName Win32_Service -Filter ($filter -join ' OR ') -OperationTimeoutSec 15)
    $services = @($found | ForEach-Object { ConvertTo-Service $_ })
    $data = [ordered]@{ services = @($services) }
    $lacking = [ordered]@{}
    try {
        $data.processes = @(Get-Processes $services)
    } catch {
        $lacking.processes = (ConvertTo-Failure $_).message
    }
    try {
        $data.own_accounts = @(Get-OwnAccounts)
    } catch {
        $lacking.own_accounts = (ConvertTo-Failure $_).message
    }
    ConvertTo-Capped $data $lacking @{ services = 200; processes = 200; own_accounts = 200 }
}
