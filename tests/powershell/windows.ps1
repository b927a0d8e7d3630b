# Stand-ins for what the node script asks of Windows. They answer from $Parameters.primitives, which machine.py derives
# from the facts of a machine of the lab. They stand in the script behind its first lines, so that its own functions
# call them; whatever they do not know ends with an error. Written for PowerShell 5.1 and later.

class StandInPrincipal {
    [bool]$IsElevated
    [bool] IsInRole($Role) {
        if ([string]$Role -ne 'Administrator') { throw "no stand-in for the role $Role" }
        return $this.IsElevated
    }
}

class StandInReader {
    [Collections.Queue]$Left = [Collections.Queue]::new()
    $Given
    [object] ReadEvent([TimeSpan]$Timeout) {
        $this.Dispose()
        if ($this.Left.Count -eq 0) { return $null }
        $this.Given = $this.Left.Dequeue()
        return $this.Given
    }
    [void] Dispose() { if ($null -ne $this.Given -and -not $this.Given.IsDisposed) { throw 'an event was not given back' } }
}

# JSON has no type for these, and some PowerShells make dates of texts: each text is led by a letter that tells.
function ConvertFrom-Tagged($Value) {
    if ($Value -is [string]) {
        $text = $Value.Substring(2)
        if ($Value.StartsWith('s:')) { return $text }
        if ($Value.StartsWith('t:')) { return [DateTime]::FromFileTimeUtc([int64]$text).ToLocalTime() }
        if ($Value.StartsWith('u:')) { return [uint32]$text }
        if ($Value.StartsWith('b:')) { return , [Convert]::FromBase64String($text) }
        throw "no stand-in for the primitive $Value"
    }
    if ($Value -isnot [Management.Automation.PSCustomObject]) { return $Value }
    $row = [ordered]@{}
    foreach ($property in $Value.PSObject.Properties) {
        if ($property.Name -eq 'PrivateProperties') {
            $row['PrivateProperties'] = [pscustomobject]@{ CimInstanceProperties = (ConvertFrom-Private $property.Value) }
        } elseif ($property.Value -is [array]) {
            $row[$property.Name] = @(foreach ($part in $property.Value) { ConvertFrom-Tagged $part })
        } else {
            $row[$property.Name] = ConvertFrom-Tagged $property.Value
        }
    }
    [pscustomobject]$row
}

function ConvertFrom-Private($Value) {
    $properties = @{}
    foreach ($property in $Value.PSObject.Properties) {
        $properties[$property.Name] = [pscustomobject]@{ Value = (ConvertFrom-Tagged $property.Value) }
    }
    $properties
}

$Primitives = ConvertFrom-Tagged $Parameters.primitives
$env:COMPUTERNAME = $Primitives.computer_name
$RegistryKeys = @{}
foreach ($primitive in $Primitives.registry) { $RegistryKeys[$primitive.path] = $primitive }

function Stop-WithFault($Fault) {
    $code, $message = $Fault.code, $Fault.message
    if ($code -eq '0x80070002') { throw [IO.FileNotFoundException]::new($message) }
    if ($code -eq '0x80070003') { throw [IO.DirectoryNotFoundException]::new($message) }
    if ($code -eq '0x80070005') { throw [UnauthorizedAccessException]::new($message) }
    if ($code -like '0x8007*') { throw [ComponentModel.Win32Exception]::new([Convert]::ToInt32($code.Substring(6), 16), $message) }
    $exception = [Exception]::new($message)
    # Where a CIM failure has WMI's code.
    if ($code -like '0x8004*') { Add-Member -InputObject $exception -NotePropertyName MessageId -NotePropertyValue "HRESULT $code" }
    throw $exception
}

function Get-Answer($Answers, [string]$Asked) {
    $found = @($Answers | Where-Object { $_.asked -eq $Asked })
    if ($found.Count -ne 1) { throw "no stand-in answers about $Asked" }
    if ($null -ne $found[0].fault) { Stop-WithFault $found[0].fault }
    $found[0].answer
}

# CIM

function Get-CimInstance {
    [CmdletBinding()]
    param($Namespace, $ClassName, $Filter, $Property, $OperationTimeoutSec)
    if ($OperationTimeoutSec -lt 1) { throw 'a CIM call without a time limit' }
    $table = @($Primitives.cim | Where-Object { $_.namespace -eq $Namespace -and $_.class -eq $ClassName })
    if ($table.Count -ne 1) { throw "no stand-in for the class $ClassName in $Namespace" }
    if ($null -ne $table[0].fault) { Stop-WithFault $table[0].fault }
    $rows = @($table[0].rows)
    if ($Filter) { $rows = @($rows | Where-Object -FilterScript (ConvertTo-Predicate $Filter)) }
    if ($Property) { $rows = @($rows | Select-Object -Property $Property) }
    $rows
}

# WQL's NOT goes before AND, and AND before OR; of PowerShell's operators -and and -or are equal: they are not mixed.
function ConvertTo-Predicate([string]$Filter) {
    if ($Filter -cmatch '\bAND\b' -and $Filter -cmatch '\bOR\b') { throw "no stand-in for the filter $Filter" }
    $text = [regex]::Replace($Filter, '(\w+)\s*(=|<>|\bLIKE\b)\s*(''[^'']*''|\w+)', {
        param($Found)
        $sign = $Found.Groups[2].Value
        $literal = $Found.Groups[3].Value
        if ($literal -eq 'TRUE') { $literal = '$true' }
        $operator = '-eq'
        if ($sign -eq '<>') { $operator = '-ne' }
        if ($sign -eq 'LIKE') { $operator = '-like'; $literal = $literal.Replace('%', '*') }
        '($_.' + $Found.Groups[1].Value + ' ' + $operator + ' ' + $literal + ')'
    })
    [ScriptBlock]::Create(($text -creplace '\bAND\b', '-and' -creplace '\bOR\b', '-or' -creplace '\bNOT\b', '-not'))
}

function Invoke-CimMethod {
    [CmdletBinding()]
    param($Namespace, $ClassName, $InputObject, $MethodName, $Arguments, $OperationTimeoutSec)
    if ($OperationTimeoutSec -lt 1) { throw 'a CIM call without a time limit' }
    if ($null -ne $InputObject) {
        if ($MethodName -ne 'GetDependencies' -or $Arguments.AsResourceIds -ne $true) { throw "no stand-in for $MethodName" }
        return [pscustomobject]@{ Expression = (Get-Answer $Primitives.dependencies $InputObject.Id) }
    }
    if ($Namespace -ne 'root/cimv2' -or $ClassName -ne 'StdRegProv') { throw "no stand-in for the class $ClassName in $Namespace" }
    if ($Arguments.hDefKey -isnot [uint32] -or $Arguments.hDefKey -ne 2147483650) { throw 'hDefKey is no [uint32]2147483650' }
    $key = $RegistryKeys[[string]$Arguments.sSubKeyName]
    if ($null -eq $key) { return [pscustomobject]@{ ReturnValue = [uint32]2 } }
    if ($key.is_denied) { return [pscustomobject]@{ ReturnValue = [uint32]5 } }
    Get-RegistryAnswer $key $MethodName ([string]$Arguments.sValueName)
}

function Get-RegistryAnswer($Key, [string]$Method, [string]$Name) {
    if ($Method -eq 'EnumKey') { return [pscustomobject]@{ ReturnValue = [uint32]0; sNames = $Key.subkeys } }
    if ($Method -eq 'EnumValues') { return [pscustomobject]@{ ReturnValue = [uint32]0; sNames = $Key.names; Types = $Key.types } }
    $wanted = @{ GetStringValue = 1; GetBinaryValue = 3; GetDWORDValue = 4; GetMultiStringValue = 7 }[$Method]
    if ($null -eq $wanted) { throw "no stand-in for StdRegProv.$Method" }
    $found = @($Key.contents | Where-Object { $null -ne $_ -and $_.name -eq $Name })
    if ($found.Count -eq 0) { return [pscustomobject]@{ ReturnValue = [uint32]1 } }
    # WBEM_E_TYPE_MISMATCH
    if ($found[0].type -ne $wanted) { return [pscustomobject]@{ ReturnValue = [uint32]2147749893 } }
    if ($Method -like '*String*') { return [pscustomobject]@{ ReturnValue = [uint32]0; sValue = $found[0].content } }
    [pscustomobject]@{ ReturnValue = [uint32]0; uValue = $found[0].content }
}

# Events

function Get-LogSettings([string]$Log) { [ordered]@{ is_enabled = [bool](Get-StandInLog $Log).is_enabled } }

function Get-LogReader([string]$Log, [string]$Query, [bool]$IsNewestFirst) {
    $records = @(Select-Records (Get-StandInLog $Log) $Query)
    if (-not $IsNewestFirst) { [array]::Reverse($records) }
    $reader = [StandInReader]::new()
    foreach ($record in $records) {
        $given = $record | Select-Object -Property '*', 'IsDisposed'
        Add-Member -InputObject $given -MemberType ScriptMethod -Name Dispose -Value { $this.IsDisposed = $true }
        $reader.Left.Enqueue($given)
    }
    $reader
}

function Get-StandInLog([string]$Name) {
    $found = @($Primitives.logs | Where-Object { $_.name -eq $Name })
    if ($found.Count -eq 0) { throw (New-LogNotFound "There is no log $Name.") }
    if ($found[0].is_denied) { throw [UnauthorizedAccessException]::new("The log $Name is denied.") }
    $found[0]
}

# Told by the name of its type, which cannot be made off Windows. A compiler may add types of its own.
function New-LogNotFound([string]$Message) {
    $source = 'namespace System.Diagnostics.Eventing.Reader { public class EventLogNotFoundException : System.Exception ' +
        '{ public EventLogNotFoundException(string message) : base(message) { } } }'
    $types = Microsoft.PowerShell.Utility\Add-Type -TypeDefinition $source -IgnoreWarnings -PassThru 3>$null
    $types | Where-Object { $_.Name -like 'EventLog*' } | ForEach-Object { [Activator]::CreateInstance($_, [object[]]@($Message)) }
}

# The window of time compares texts, which XPath 1.0 cannot: it is taken out and asked here.
function Select-Records($Log, [string]$Query) {
    if ($Query -eq '*') { return $Log.records }
    $window = [regex]::Match($Query, ' and TimeCreated\[@SystemTime >= "([^"]+)"\]')
    if (-not $window.Success) { throw "no stand-in for the query $Query" }
    $invariant = [Globalization.CultureInfo]::InvariantCulture
    $since = [DateTime]::Parse($window.Groups[1].Value, $invariant, [Globalization.DateTimeStyles]::RoundtripKind)
    $document = [xml]$Log.xml
    foreach ($entry in $document.DocumentElement.SelectNodes($Query.Replace($window.Value, ''))) {
        $record = $Log.records[[int]$entry.GetAttribute('place')]
        if ($record.TimeCreated.ToUniversalTime() -ge $since.ToUniversalTime()) { $record }
    }
}

# What the script makes or compiles

function New-Object {
    [CmdletBinding()]
    param([Parameter(Position = 0)][string]$TypeName, [Parameter(Position = 1)]$ArgumentList)
    if ($TypeName -eq 'Security.Principal.WindowsPrincipal') {
        $principal = [StandInPrincipal]::new()
        $principal.IsElevated = $ArgumentList.IsElevated
        return $principal
    }
    if (@('InvalidCastException', 'TimeoutException', 'UnauthorizedAccessException') -notcontains $TypeName) { throw "no stand-in for the type $TypeName" }
    Microsoft.PowerShell.Utility\New-Object $TypeName $ArgumentList
}

function Add-Type {
    [CmdletBinding()]
    param([string]$TypeDefinition)
    if ($TypeDefinition -notlike '*public static class SsoAuditLsa {*') { throw 'no stand-in for this type' }
    if ($null -ne $Primitives.compiler) { Stop-WithFault $Primitives.compiler }
}

function secedit.exe {
    $place = $args[[array]::IndexOf($args, '/cfg') + 1]
    [IO.File]::WriteAllLines($place, [string[]]$Primitives.exported, [Text.Encoding]::Unicode)
    $global:LASTEXITCODE = 0
}

# In the place of expressions of the script (see assembled.py)

function Get-StandInClock { $Primitives.clock.ToUniversalTime() }

function Get-StandInIdentity { $Primitives.identity }

function Get-StandInTimeZone { $Primitives.time_zone }

# In the place of the script's functions of one line

function Get-Addresses([string]$Name) { Get-Answer $Primitives.addresses $Name }

function Get-HostName([string]$Address) { Get-Answer $Primitives.host_names $Address }

function Invoke-EndpointMapper([string]$Name) { $null = Get-Answer $Primitives.connections $Name }

function Get-Sid([string]$Name) { Get-Answer $Primitives.sids $Name }

function Get-AccountKind([string]$Sid) { Get-Answer $Primitives.kinds $Sid }

function Get-TokenSids([string]$Upn) { Get-Answer $Primitives.tokens $Upn }

function Get-RightHolders([string]$Right) { Get-Answer $Primitives.holders $Right }

function Get-KeySecurity([string]$Key) { Get-Answer $Primitives.key_security $Key }

function Get-FileSecurity([string]$Path) { Get-Answer $Primitives.file_security $Path }

function Get-FileVersion([string]$Path) { Get-Answer $Primitives.file_versions $Path }

function Get-HostsLines { Get-Answer $Primitives.hosts_file 'lines' }

function Get-HostsSize { Get-Answer $Primitives.hosts_file 'size' }

# As Windows does it: of a pattern with three letters it also finds longer endings.
function Get-FolderFiles([string]$Folder, [string]$Pattern) {
    Get-Answer $Primitives.folders $Folder | Where-Object { $null -ne $_ -and $_.Name -like "$Pattern*" }
}
