function Get-PendingReboot {
    $names = 'SYSTEM\CurrentControlSet\Control\ComputerName'
    [ordered]@{
        component_servicing = ($null -ne (Get-RegistryKeyNames 'SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending'))
        windows_update = ($null -ne (Get-RegistryKeyNames 'SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired'))
        file_renames = @(Get-RegistryStrings 'SYSTEM\CurrentControlSet\Control\Session Manager' 'PendingFileRenameOperations').Count
        update_exe_volatile = Get-RegistryNumber 'SOFTWARE\Microsoft\Updates\UpdateExeVolatile' 'Flags'
        active_name = Get-ShortText (Get-RegistryText "$names\ActiveComputerName" 'ComputerName')
        next_name = Get-ShortText (Get-RegistryText "$names\ComputerName" 'ComputerName')
    }
}

function Read-Os {
    $system = @(Get-CimInstance -Namespace root/cimv2 -ClassName Win32_OperatingSystem -OperationTimeoutSec 15)[0]
    $computer = @(Get-CimInstance -Namespace root/cimv2 -ClassName Win32_ComputerSystem -OperationTimeoutSec 15)[0]
    $key = 'SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    $data = [ordered]@{
        caption = Get-ShortText $system.Caption
        version = Get-Text $system.Version
        build = Get-Text $system.BuildNumber
        revision = Get-RegistryNumber $key 'UBR'
        installation_type = Get-ShortText (Get-RegistryText $key 'InstallationType')
        last_boot = Get-Time $system.LastBootUpTime
        time_zone = Get-ShortText ([TimeZoneInfo]::Local.Id)
        utc_offset = Get-Number $system.CurrentTimeZone
        host_name = Get-ShortText $computer.DNSHostName
        domain = Get-ShortText $computer.Domain
        is_in_domain = $computer.PartOfDomain
        domain_role = Get-Number $computer.DomainRole
    }
    try {
        $data.pending_reboot = Get-PendingReboot
    } catch {
        $data.lacking = [ordered]@{ pending_reboot = (ConvertTo-Failure $_).message }
    }
    $data
}
