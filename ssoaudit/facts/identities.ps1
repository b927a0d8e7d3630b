function Get-Sid([string]$Name) { (New-Object Security.Principal.NTAccount $Name).Translate([Security.Principal.SecurityIdentifier]).Value }

function Get-AccountKind([string]$Sid) { [SsoAuditLsa]::Kind($Sid) }

function Get-TokenSids([string]$Upn) { $identity = New-Object Security.Principal.WindowsIdentity $Upn; try { $identity.User.Value; $identity.Groups | ForEach-Object { $_.Value } } finally { $identity.Dispose() } }

function Get-KindOrNull([string]$Sid) {
    try {
        Initialize-Lsa
        [int64](Get-AccountKind $Sid)
    } catch {
        $null
    }
}

function Resolve-Name([string]$Name) {
    try {
        # A name of the form .\account means this machine.
        $sid = [string](Get-Sid ($Name -replace '^\.\\', "$env:COMPUTERNAME\"))
        [ordered]@{ name = $Name; sid = $sid; kind = Get-KindOrNull $sid; error = $null }
    } catch {
        [ordered]@{ name = $Name; sid = $null; kind = $null; error = (ConvertTo-Failure $_).message }
    }
}

# Each once, in the spelling first met.
function Get-Distinct($Names) {
    $met = @()
    foreach ($name in $Names) {
        if ($name -and $met -notcontains $name) { $met += [string]$name }
    }
    $met
}

# S4U takes a user principal name: of DOMAIN\account that may be account@DOMAIN, and account alone in the machine's domain.
function Get-LogonForms([string]$Account) {
    $parts = @($Account -split '\\', 2)
    if ($parts.Count -eq 2) { $parts[1] + '@' + $parts[0] }
    $parts[-1]
}

# What answers is believed only if it is the account that the name resolves to.
function Get-Token($Resolved, [string]$MachineSid) {
    $said = @()
    if ($null -eq $Resolved.sid) {
        $said += [string]$Resolved.error
    } elseif ($MachineSid -ne '' -and $Resolved.sid -like "$MachineSid-*") {
        $said += 'an account of this machine, which Kerberos does not know'
    } else {
        foreach ($form in @(Get-LogonForms $Resolved.name)) {
            try {
                $sids = @(Get-TokenSids $form)
                if ($sids[0] -eq $Resolved.sid) {
                    $groups = @($sids | Where-Object { $_ -and $_ -ne $Resolved.sid } | ForEach-Object { [string]$_ })
                    if ($groups.Count -gt 2000) { throw 'it is in more than 2000 groups' }
                    return [ordered]@{ account = $Resolved.name; user_sid = $Resolved.sid; group_sids = @($groups); error = $null }
                }
                $said += $form + ': another account'
            } catch {
                $said += $form + ': ' + (ConvertTo-Failure $_).message
            }
        }
    }
    [ordered]@{ account = $Resolved.name; user_sid = $null; group_sids = @(); error = $said -join '; ' }
}

function Get-MachineSid {
    $administrator = @(Get-CimInstance -Namespace root/cimv2 -ClassName Win32_UserAccount -Filter "LocalAccount=True AND SID LIKE 'S-1-5-21-%-500'" -OperationTimeoutSec 15)
    if ($administrator.Count -eq 0) { return $null }
    [string]$administrator[0].SID -replace '-500$', ''
}

function Read-Identities {
    $service = @(Get-CimInstance -Namespace root/cimv2 -ClassName Win32_Service -Filter "Name='ENTSSO'" -OperationTimeoutSec 15)
    $own = @($service | ForEach-Object { Get-TextOrNull $_.StartName })
    # LocalSystem is no name that resolves.
    $accounts = @(Get-Distinct (@($Parameters.accounts) + $own) | Where-Object { $_ -ne 'LocalSystem' })
    $names = @(Get-Distinct ($accounts + @($Parameters.groups)) | ForEach-Object { Resolve-Name $_ })
    $lacking = [ordered]@{}
    $data = [ordered]@{ names = @($names) }
    try {
        $data.machine_sid = Get-MachineSid
    } catch {
        $lacking.machine_sid = (ConvertTo-Failure $_).message
    }
    if ($Parameters.s4u) {
        # Of the accounts of Windows itself nobody asks for the groups.
        $asked = @($names | Where-Object { $accounts -contains $_.name -and ($null -eq $_.sid -or $_.sid -like 'S-1-5-21-*') })
        $data.tokens = @($asked | ForEach-Object { Get-Token $_ ([string]$data.machine_sid) })
    } else {
        $lacking.tokens = 'left out (--no-s4u)'
    }
    ConvertTo-Capped $data $lacking @{ names = 200; tokens = 200 }
}
