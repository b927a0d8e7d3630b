"""The allow-list of the node script, as data: what it may call and name, each with its reason. Nothing else is allowed.

`readonly` compares the script with it, and docs/read-only.md is written from it. There are no wildcards.
"""

from collections.abc import Mapping
from typing import NamedTuple

Reasons = Mapping[str, str]


class Command(NamedTuple):
    """A command of PowerShell: the parameters that may be given by name, and what it is for."""

    parameters: tuple[str, ...]
    reason: str


class Confined(NamedTuple):
    """A command that does more than read: the one function that it may stand in, its arguments to the letter, why."""

    function: str
    arguments: str
    reason: str


class OneLiner(NamedTuple):
    """A call that no command can stand in for: the function of one line that has it to itself, what it calls."""

    function: str
    reason: str


COMMANDS: Mapping[str, Command] = {
    "ConvertFrom-Json": Command((), "reads the names of the topics asked for"),
    "ConvertTo-Json": Command(("-Compress", "-Depth", "-InputObject"), "writes an answer as text"),
    "ForEach-Object": Command((), "runs one script block of the script itself"),
    "Get-CimInstance": Command(
        ("-ClassName", "-Filter", "-Namespace", "-OperationTimeoutSec", "-Property"),
        "lists rows of the classes below, with a time limit",
    ),
    "Invoke-CimMethod": Command(
        ("-Arguments", "-ClassName", "-InputObject", "-MethodName", "-Namespace", "-OperationTimeoutSec"),
        "calls the methods below, with a time limit",
    ),
    "New-Object": Command((), "makes an object in memory, see the types"),
    "Select-Object": Command(("-First",), "takes the first of a list"),
    "Where-Object": Command((), "leaves out what is nothing"),
}

CONFINED: Mapping[str, Confined] = {
    "Add-Type": Confined(
        "Initialize-Lsa", "-TypeDefinition $CSharp", "compiles the type below; `$CSharp` stands for its text"
    ),
    "secedit.exe": Confined(
        "Get-ExportedRights",
        "/export /areas USER_RIGHTS /cfg $export /log $log /quiet",
        "exports the logon rights",
    ),
    "Get-Content": Confined("Get-ExportedRights", "-LiteralPath $export", "reads them"),
    "Remove-Item": Confined(
        "Get-ExportedRights", "-LiteralPath $export, $log", "removes both files, whatever happened before"
    ),
}
ASSIGNED_ONCE: Reasons = {
    "$export": "[IO.Path]::GetTempFileName()",
    "$log": "[IO.Path]::GetTempFileName()",
}
"""The variables of those commands, in the one function that has them, and what alone they are set to."""

ONE_LINERS: Mapping[str, OneLiner] = {
    "IO.FileInfo": OneLiner("Get-HostsSize", "`FileInfo` of the hosts file: its size"),
    "Net.Sockets.TcpClient": OneLiner(
        "Invoke-EndpointMapper", "`TcpClient.BeginConnect` to port 135, two seconds at most, closed at once"
    ),
    "[IO.File]::ReadAllLines()": OneLiner("Get-HostsLines", "`File.ReadAllLines` of the hosts file"),
    "[Net.Dns]::BeginGetHostAddresses()": OneLiner(
        "Get-Addresses", "`Dns.BeginGetHostAddresses`, three seconds at most"
    ),
    "[Net.Dns]::BeginGetHostEntry()": OneLiner(
        "Get-HostName", "`Dns.BeginGetHostEntry` of an address, three seconds at most"
    ),
    "Diagnostics.Eventing.Reader.EventLogConfiguration": OneLiner(
        "Get-LogSettings", "`EventLogConfiguration` of a log: is it enabled"
    ),
    "Diagnostics.Eventing.Reader.EventLogReader": OneLiner(
        "Get-LogReader", "`EventLogReader` of an `EventLogQuery`: events without their text"
    ),
    "[SsoAuditLsa]::Holders()": OneLiner(
        "Get-RightHolders", "`LsaEnumerateAccountsWithUserRight`, through the compiled type"
    ),
    "[SsoAuditLsa]::Kind()": OneLiner("Get-AccountKind", "`LookupAccountSidW`, through the compiled type"),
    "[Diagnostics.FileVersionInfo]::GetVersionInfo()": OneLiner("Get-FileVersion", "`FileVersionInfo.GetVersionInfo`"),
    "[Microsoft.Win32.RegistryKey]::OpenBaseKey()": OneLiner(
        "Get-KeySecurity", "`RegistryKey.OpenSubKey` with READ_CONTROL alone, and the rules of the key so opened"
    ),
    "IO.DirectoryInfo": OneLiner("Get-FolderFiles", "`DirectoryInfo.GetFiles`, which lists a folder"),
    "Security.AccessControl.FileSecurity": OneLiner(
        "Get-FileSecurity", "`FileSecurity`, made from a path: owner and access rules"
    ),
    "Security.Principal.NTAccount": OneLiner("Get-Sid", "`NTAccount.Translate`"),
    "Security.Principal.WindowsIdentity": OneLiner(
        "Get-TokenSids", "`WindowsIdentity`, made from a user principal name"
    ),
}
EXACT: Reasons = {
    "$opened.GetAccessControl()": "$opened.GetAccessControl('Access, Owner')",
    "[Microsoft.Win32.RegistryKey]::OpenBaseKey().OpenSubKey()": (
        "[Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64')"
        ".OpenSubKey($Key, 'ReadSubTree', 'ReadPermissions')"
    ),
    "[IO.File]::ReadAllLines()": r"[IO.File]::ReadAllLines([Environment]::SystemDirectory + '\drivers\etc\hosts')",
    "$client.BeginConnect()": "$client.BeginConnect($Name, 135, $null, $null)",
}
"""Calls whose arguments say how far they reach, with the only arguments that they may have."""


class CimClass(NamedTuple):
    """A class of WMI: its namespace, and what its rows tell."""

    namespace: str
    reason: str


CIM_CLASSES: Mapping[str, CimClass] = {
    "MSCluster_Cluster": CimClass("root/MSCluster", "the cluster's name, quorum and permissions"),
    "MSCluster_ClusterToQuorumResource": CimClass("root/MSCluster", "which resource is the witness"),
    "MSCluster_Node": CimClass("root/MSCluster", "the nodes, their state and votes"),
    "MSCluster_Resource": CimClass("root/MSCluster", "the resources, their state and settings"),
    "MSCluster_ResourceGroup": CimClass("root/MSCluster", "the roles, their state and settings"),
    "MSCluster_ResourceGroupToPreferredNode": CimClass("root/MSCluster", "which nodes a role prefers"),
    "MSCluster_ResourceToPossibleOwner": CimClass("root/MSCluster", "which nodes may own a resource"),
    "MSFT_NetAdapterBindingSettingData": CimClass("root/StandardCimv2", "whether NLB is bound to an adapter"),
    "MSFT_NetConnectionProfile": CimClass("root/StandardCimv2", "which profile of the firewall counts"),
    "MicrosoftNLB_Node": CimClass("root/MicrosoftNLB", "the members of an NLB cluster"),
    "StdRegProv": CimClass("root/cimv2", "the registry, by the methods below"),
    "Win32_ComputerSystem": CimClass("root/cimv2", "the machine's name and domain"),
    "Win32_NetworkAdapterConfiguration": CimClass("root/cimv2", "the machine's own addresses"),
    "Win32_OperatingSystem": CimClass("root/cimv2", "Windows' version and last start"),
    "Win32_Process": CimClass("root/cimv2", "when a service's process started; two properties alone are asked for"),
    "Win32_Service": CimClass("root/cimv2", "the services, their state and accounts"),
    "Win32_UserAccount": CimClass("root/cimv2", "the SID of the local administrator, for the machine's own"),
}
PROJECTED: Reasons = {"Win32_Process": "'ProcessId', 'CreationDate'"}
"""The classes whose rows hold what is not ours, such as command lines, and the properties that alone are asked for."""


class CimMethod(NamedTuple):
    """A method of WMI: the class that has it, and what it returns."""

    class_name: str
    reason: str


CIM_METHODS: Mapping[str, CimMethod] = {
    "EnumKey": CimMethod("StdRegProv", "names of subkeys"),
    "EnumValues": CimMethod("StdRegProv", "names and types of values"),
    "GetBinaryValue": CimMethod("StdRegProv", "one value"),
    "GetDWORDValue": CimMethod("StdRegProv", "one value"),
    "GetDependencies": CimMethod("MSCluster_Resource", "the dependency expression"),
    "GetMultiStringValue": CimMethod("StdRegProv", "one value"),
    "GetStringValue": CimMethod("StdRegProv", "one value"),
}
LOGS: Reasons = {
    "'Application'": "ENTSSO and MSDTC write there",
    "'System'": "the service control manager and the cluster write there",
    "'Microsoft-Windows-FailoverClustering/Operational'": "the cluster's moves",
}
"""The event logs that are read. The log Security is not among them."""

LOG_READERS: Mapping[str, tuple[str, ...]] = {
    "Get-LogSettings": ("Get-Events",),
    "Get-OldestTime": ("Get-Events",),
    "Get-NewestEvents": ("Get-Events",),
    "Get-LogReader": ("Get-OldestTime", "Get-NewestEvents"),
}
"""The functions that are given a log, and those that may call them, with the log that they were given themselves."""

OF_A_LOG: Mapping[str, str] = {
    "Diagnostics.Eventing.Reader.EventLogConfiguration": "$Log",
    "Diagnostics.Eventing.Reader.EventLogQuery": "$Log, 'LogName', $Query",
    "Diagnostics.Eventing.Reader.EventLogReader": "$asked",
}
"""The objects that lead to a log, and what alone they are made of: a file of events is never named."""

NEW_OBJECTS: Reasons = {
    "Diagnostics.Eventing.Reader.EventLogConfiguration": "is an event log enabled",
    "Diagnostics.Eventing.Reader.EventLogQuery": "which events of a log are asked for",
    "Diagnostics.Eventing.Reader.EventLogReader": "reads them, without their text",
    "IO.DirectoryInfo": "the listing of a folder",
    "IO.FileInfo": "the size of the hosts file",
    "Net.Sockets.TcpClient": "one connection to TCP 135, with `--active-network` alone",
    "Security.AccessControl.FileSecurity": "owner and access rules of a file",
    "Security.Principal.NTAccount": "a name to resolve",
    "Security.Principal.WindowsIdentity": "who the script runs as; the groups of an account's token",
    "Security.Principal.WindowsPrincipal": "whether that is an administrator",
    "InvalidCastException": "says that a registry value is of another type",
    "Text.UTF8Encoding": "text as bytes",
    "TimeoutException": "says that an answer was not there in time",
    "UnauthorizedAccessException": "says that a registry key is denied",
}
TYPES: Reasons = {
    "BitConverter": "a hash as text",
    "Collections.IDictionary": "is the answer a table",
    "ComponentModel.Win32Exception": "is a failure one of Windows, whose number tells more",
    "Console": "prints the answers",
    "Convert": "base64",
    "DateTime": "the server's clock",
    "Diagnostics.FileVersionInfo": "the version of a program",
    "Diagnostics.Stopwatch": "how long a topic took",
    "Environment": "is the process 64-bit; where the hosts file is",
    "Globalization.CultureInfo": "the culture's name",
    "IO.File": "the lines of the hosts file",
    "IO.Path": "the name of a temporary file, and of the folder for such",
    "Microsoft.Win32.RegistryKey": "the rules of one registry key, opened for nothing else",
    "Net.Dns": "resolves names and addresses",
    "Net.IPAddress": "an address to resolve",
    "Security.Cryptography.SHA256": "the hash of an answer",
    "Security.Principal.SecurityIdentifier": "what a name resolves to",
    "Security.Principal.WindowsBuiltInRole": "the role to ask for",
    "Security.Principal.WindowsIdentity": "who the script runs as; the groups of an account's token",
    "SsoAuditLsa": "the compiled type",
    "TimeSpan": "how long the next event may take",
    "TimeZoneInfo": "the time zone's id",
    "bool": "a type of PowerShell's own",
    "byte[]": "a type of PowerShell's own",
    "hashtable": "a type of PowerShell's own",
    "int64": "a type of PowerShell's own",
    "ordered": "a type of PowerShell's own",
    "string": "a type of PowerShell's own",
    "uint32": "a type of PowerShell's own",
}
MEMBERS: Reasons = {
    "$Compiled.Contains()": "was the compiler tried",
    "$Data.Contains()": "does an answer have a list",
    "$Data.Remove()": "takes a list that is too long out of an answer",
    "$Holder.StartsWith()": "is an exported holder a SID",
    "$Holder.Substring()": "that SID, without its mark",
    "$Matches[].Substring()": "the digits of an error's code",
    "$Matches[].Substring().ToUpper()": "the same in capitals",
    "$Reader.ReadEvent()": "the next event, not waited for longer than allowed",
    "$Record.Dispose()": "gives an event back",
    "$Utf8.GetBytes()": "an answer as bytes",
    "$Utf8.GetString()": "the parameters as text",
    "$Value.ToUniversalTime()": "a time in UTC",
    "$Value.ToUniversalTime().ToString()": "the same as text",
    "$_.Trim()": "an exported holder without blanks",
    "$call.AsyncWaitHandle.WaitOne()": "waits for an answer, not longer than allowed",
    "$client.BeginConnect()": "the connection to TCP 135",
    "$client.Close()": "closes it",
    "$client.EndConnect()": "did it come about",
    "$data.Remove()": "takes what could not be read out of an answer",
    "$data[].Contains()": "does an answer say what it lacks",
    "$exception.GetType()": "the kind of an error",
    "$failure.Remove()": "takes the status out of an error's own table",
    "$identity.Dispose()": "gives an account's token back",
    "$now.AddDays()": "since when events are asked for",
    "$now.AddDays().ToString()": "the same as text",
    "$now.ToString()": "the server's clock as text",
    "$opened.Dispose()": "closes the registry key",
    "$opened.GetAccessControl()": "owner and access rules of the registry key",
    "$opened.GetAccessControl().GetSecurityDescriptorBinaryForm()": "the same as bytes",
    "$parts[].Trim()": "the name of an exported right without blanks",
    "$principal.IsInRole()": "is the account an administrator",
    "$reader.Dispose()": "closes a log",
    "$record.Dispose()": "gives an event back",
    "$settings.Dispose()": "closes a log's settings",
    "$text.Substring()": "cuts a long text",
    "$thrown.Contains()": "does an error mean that there is nothing",
    "(…).GetFiles()": "lists a folder",
    "(…).GetSecurityDescriptorBinaryForm()": "the rules of a file as bytes",
    "(…).Translate()": "the SID of a name",
    "[BitConverter]::ToString()": "a hash as text",
    "[BitConverter]::ToString().Replace()": "the same without hyphens",
    "[BitConverter]::ToString().Replace().ToLower()": "the same in small letters",
    "[Console]::Out": "standard output",
    "[Console]::Out.Flush()": "sends what was printed",
    "[Console]::Out.WriteLine()": "prints an answer",
    "[Console]::OutputEncoding": "the console's code page",
    "[Convert]::FromBase64String()": "the parameters as bytes",
    "[Convert]::ToBase64String()": "bytes as text",
    "[DateTime]::UtcNow": "the server's clock",
    "[DateTime]::UtcNow.ToString()": "the same as text",
    "[Diagnostics.FileVersionInfo]::GetVersionInfo()": "the version of a program",
    "[Diagnostics.Stopwatch]::StartNew()": "measures how long something takes",
    "[Environment]::Is64BitProcess": "is the process 64-bit",
    "[Environment]::SystemDirectory": "where the hosts file is",
    "[Globalization.CultureInfo]::CurrentCulture": "the culture's name",
    "[IO.File]::ReadAllLines()": "the lines of the hosts file",
    "[IO.Path]::GetTempFileName()": "the file that the logon rights are exported to",
    "[IO.Path]::GetTempPath()": "where a temporary file would be",
    "[Microsoft.Win32.RegistryKey]::OpenBaseKey()": "leads to the one registry key",
    "[Microsoft.Win32.RegistryKey]::OpenBaseKey().OpenSubKey()": "opens it with READ_CONTROL alone",
    "[Net.Dns]::BeginGetHostAddresses()": "asks for the addresses of a name",
    "[Net.Dns]::BeginGetHostEntry()": "asks for the name of an address",
    "[Net.Dns]::EndGetHostAddresses()": "takes the addresses",
    "[Net.Dns]::EndGetHostEntry()": "takes the name",
    "[Net.IPAddress]::Parse()": "an address from its text",
    "[Security.Cryptography.SHA256]::Create()": "the hash of an answer",
    "[Security.Cryptography.SHA256]::Create().ComputeHash()": "the same",
    "[Security.Principal.WindowsBuiltInRole]::Administrator": "the role to ask for",
    "[Security.Principal.WindowsIdentity]::GetCurrent()": "who the script runs as",
    "[SsoAuditLsa]::Holders()": "who holds a right",
    "[SsoAuditLsa]::Kind()": "whether a SID is a user's or a group's",
    "[TimeSpan]::FromMilliseconds()": "how long the next event may take",
    "[TimeZoneInfo]::Local": "the time zone's id",
}
"""Static members, and every method call with what it is called on; arguments are left out."""

PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "`MSCluster_Cluster`": (
        "ClusterFunctionalLevel",
        "ClusterUpgradeVersion",
        "DynamicQuorumEnabled",
        "Fqdn",
        "Name",
        "QuorumPath",
        "QuorumType",
        "QuorumTypeValue",
        "Security_Descriptor",
        "WitnessDynamicWeight",
    ),
    "`MSCluster_Node`": (
        "BuildNumber",
        "DynamicWeight",
        "Id",
        "MajorVersion",
        "MinorVersion",
        "NodeDrainStatus",
        "NodeWeight",
        "State",
        "StatusInformation",
    ),
    "`MSCluster_ResourceGroup`": (
        "AutoFailbackType",
        "FailbackWindowEnd",
        "FailbackWindowStart",
        "FailoverPeriod",
        "FailoverThreshold",
        "GroupType",
        "IsCore",
        "OwnerNode",
        "PersistentState",
        "Priority",
    ),
    "`MSCluster_Resource`": (
        "CoreResource",
        "CryptoCheckpoints",
        "Expression",
        "OwnerGroup",
        "PendingTimeout",
        "PrivateProperties",
        "RegistryCheckpoints",
        "ResourceClass",
        "RestartAction",
        "RestartPeriod",
        "RestartThreshold",
        "Type",
    ),
    "the cluster's associations": ("GroupComponent", "PartComponent"),
    "`MSFT_NetAdapterBindingSettingData`": ("ComponentID", "Enabled"),
    "`MSFT_NetConnectionProfile`": ("InterfaceAlias", "NetworkCategory"),
    "`MicrosoftNLB_Node`": ("ComputerName", "DedicatedIPAddress", "HostPriority", "StatusCode"),
    "`StdRegProv`'s answers": ("ReturnValue", "Types", "sNames", "sValue", "uValue"),
    "`Win32_ComputerSystem`": ("DNSHostName", "Domain", "DomainRole", "PartOfDomain"),
    "`Win32_NetworkAdapterConfiguration`": ("IPAddress",),
    "`Win32_OperatingSystem`": ("Caption", "CurrentTimeZone", "LastBootUpTime", "Version"),
    "`Win32_Process`": ("CreationDate",),
    "`Win32_Service`": (
        "DelayedAutoStart",
        "DisplayName",
        "ExitCode",
        "PathName",
        "ProcessId",
        "ServiceSpecificExitCode",
        "StartMode",
        "StartName",
    ),
    "`Win32_UserAccount`": ("SID",),
    "a resource's private properties": ("CimInstanceProperties", "Value"),
    "an event": ("IsEnabled", "Properties", "ProviderName", "RecordId", "TimeCreated"),
    "an event log's query": ("ReverseDirection", "TolerateQueryErrors"),
    "a file": (
        "FileBuildPart",
        "FileMajorPart",
        "FileMinorPart",
        "FilePrivatePart",
        "FileVersion",
        "FullName",
        "LastWriteTimeUtc",
        "Length",
    ),
    "an account": ("Groups", "User"),
    "an error": (
        "Exception",
        "HResult",
        "InnerException",
        "InvocationInfo",
        "Message",
        "MessageId",
        "NativeErrorCode",
        "ScriptLineNumber",
        "TargetObject",
    ),
    "PowerShell itself": ("LanguageMode", "PSVersion", "SessionState"),
    "a socket": ("Client", "DualMode"),
    "the network and the clock": ("AsyncWaitHandle", "ElapsedMilliseconds", "HostName"),
    "the console": ("CodePage",),
    "the script's own tables": ("Count", "Files", "Keys", "Names"),
}
"""The properties that are taken of what was read; each name once, where it is met first. Names with a small first
letter are the script's own."""

PRIVATE_PROPERTIES: Reasons = {
    "'Address'": "an IP Address resource's address",
    "'DnsName'": "a Network Name resource's name in DNS",
    "'DnsSuffix'": "its suffix there",
    "'EnableDhcp'": "whether an address is leased",
    "'EnableNetBIOS'": "whether NetBIOS is bound to an address",
    "'HostRecordTTL'": "how long others remember the name",
    "'InstanceName'": "a SQL Server resource's instance",
    "'Name'": "a Network Name resource's name",
    "'Network'": "the cluster network of an address",
    "'PublishPTRRecords'": "whether the name is registered backwards",
    "'RegisterAllProvidersIP'": "whether all addresses are registered",
    "'ServiceName'": "the service of a Generic Service resource",
    "'StatusDNS'": "how the last registration went",
    "'StatusKerberos'": "how the last registration went",
    "'StatusNetBIOS'": "how the last registration went",
    "'SubnetMask'": "the mask of an address",
    "'UseNetworkName'": "whether the service is given the network name",
    "'VirtualServerName'": "a SQL Server resource's name",
}
"""The private properties of a resource that are taken, as they stand in the script. Among the others is a password."""

VALUES: Reasons = {
    "''": "the description of an MSDTC identity, which is the key's own value",
    **dict.fromkeys(("'Database'", "'Server'"), "the SSODB that ENTSSO uses"),
    **dict.fromkeys(
        ("'InstallPath'", "'ProductEdition'", "'ProductName'", "'ProductVersion'"), "what is installed, and where"
    ),
    **dict.fromkeys(("'MgmtDBName'", "'MgmtDBServer'"), "the BizTalk management database"),
    "'CommonFilesDir'": "where ENTSSO is installed unless it says so",
    "'CurrentBuildNumber'": "Windows' build",
    "'Version'": ".NET Framework's version",
    "'ComputerName'": "the computer's name now and after the next start",
    **dict.fromkeys(("'InstallationType'", "'UBR'"), "Windows' edition and update"),
    **dict.fromkeys(("'Flags'", "'PendingFileRenameOperations'"), "signs of a pending restart"),
    **dict.fromkeys(("'DelayedAutostart'", "'DependOnService'", "'FailureActions'"), "how a service is started"),
    **dict.fromkeys(("'Ports'", "'PortsInternetAvailable'", "'UseInternetPorts'"), "the ports that RPC is bound to"),
    **dict.fromkeys(("'EnableAuthEpResolution'", "'RestrictRemoteClients'"), "the RPC hardening policy"),
    **dict.fromkeys(
        (
            "'AccountName'",
            "'AllowOnlySecureRpcCalls'",
            "'FallbackToUnsecureRPCIfNecessary'",
            "'LuTransactions'",
            "'NetworkDtcAccess'",
            "'NetworkDtcAccessAdmin'",
            "'NetworkDtcAccessClients'",
            "'NetworkDtcAccessInbound'",
            "'NetworkDtcAccessOutbound'",
            "'NetworkDtcAccessTip'",
            "'NetworkDtcAccessTransactions'",
            "'ServerTcpPort'",
            "'TurnOffRpcSecurity'",
            "'XaTransactions'",
        ),
        "what MSDTC admits from the network",
    ),
    **dict.fromkeys(
        ("'AllowLocalPolicyMerge'", "'DefaultInboundAction'", "'DoNotAllowExceptions'", "'EnableFirewall'"),
        "the firewall's profiles",
    ),
    **dict.fromkeys(("'ClusterIPAddress'", "'ClusterName'"), "an NLB cluster"),
    "$name": "SQL client aliases and firewall rules, which are named by their keys' own list",
    "$names[$index]": "texts of the cluster's MSDTC, which are named by their keys' own list",
}
"""The registry values that are read, as they stand in the script. None is below the master secrets' key."""

FILTERS: Reasons = {
    "'IPEnabled=TRUE'": "adapters with an address",
    "\"LocalAccount=True AND SID LIKE 'S-1-5-21-%-500'\"": "the local administrator alone",
    "\"NOT StartName LIKE 'NT %' AND StartName <> 'LocalSystem'\"": "services with an account of their own",
    "\"Name='ENTSSO'\"": "the service ENTSSO alone",
    "\"Name='MpsSvc'\"": "the firewall's service alone",
    "\"Name='RpcSs'\"": "the service with which the self-test tries the query",
    "($filter -join ' OR ')": "the services that the script names",
    "($running -join ' OR ')": "the processes of the services that run",
}

SECRET_KEY = r"SOFTWARE\Microsoft\ENTSSO\SSOSS"
KEYS: Reasons = {
    **dict.fromkeys(
        (r"SOFTWARE\Microsoft\ENTSSO", r"SOFTWARE\Wow6432Node\Microsoft\ENTSSO", r"$key\SQL", r"$Key\SQL"),
        "ENTSSO's version and SSODB",
    ),
    SECRET_KEY: "the names of the master secrets; who may read them",
    r"SOFTWARE\Microsoft\MSSQLServer\Client\ConnectTo": "SQL client aliases",
    **dict.fromkeys(
        (
            r"SOFTWARE\Microsoft\BizTalk Server\3.0",
            r"SOFTWARE\Wow6432Node\Microsoft\BizTalk Server\3.0",
            r"$Key\Administration",
        ),
        "BizTalk Server's version and management database",
    ),
    r"SOFTWARE\Microsoft\Host Integration Server": "whether Host Integration Server is there",
    r"SOFTWARE\Policies\Microsoft\Windows NT\RPC": "the RPC hardening policy",
    r"SOFTWARE\Microsoft\Rpc\Internet": "the ports that RPC is bound to",
    **dict.fromkeys(
        (
            r"SOFTWARE\Classes\CID",
            r"SOFTWARE\Classes\CID.Local",
            r"SOFTWARE\Wow6432Node\Classes\CID",
            r"$Key\$guid\Description",
            r"Cluster\Resources\$resource\MSDTCPRIVATE\CID",
        ),
        "the identities of MSDTC",
    ),
    **dict.fromkeys(
        (
            r"Cluster\Resources",
            r"Cluster\Resources\$resource\MSDTCPRIVATE",
            r"Cluster\Resources\$resource\MSDTCPRIVATE\MSDTC",
            r"Cluster\Resources\$resource\MSDTCPRIVATE\MSDTC\Security",
            r"SOFTWARE\Microsoft\MSDTC",
            r"SOFTWARE\Microsoft\MSDTC\Security",
        ),
        "what MSDTC admits from the network",
    ),
    **dict.fromkeys(
        (r"Cluster\MSDTC", r"Cluster\MSDTC\TMMapping\$kind", r"Cluster\MSDTC\TMMapping\$kind\$name"),
        "which programs use which MSDTC",
    ),
    "SYSTEM\\CurrentControlSet\\Services\\": "how a service is started",
    r"SYSTEM\CurrentControlSet\Services\ClusSvc\Parameters": "whether the machine is in a cluster",
    **dict.fromkeys(
        (
            r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy",
            r"SOFTWARE\Policies\Microsoft\WindowsFirewall",
            r"$Key\$name",
            r"$local\FirewallRules",
            r"$policy\FirewallRules",
        ),
        "the firewall's profiles and its rules for MSDTC",
    ),
    **dict.fromkeys(
        (
            r"SYSTEM\CurrentControlSet\Services\WLBS",
            r"SYSTEM\CurrentControlSet\Services\WLBS\Parameters\Interface",
            r"$key\$id",
        ),
        "whether NLB is installed and configured",
    ),
    **dict.fromkeys(
        (
            r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending",
            r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired",
            r"SOFTWARE\Microsoft\Updates\UpdateExeVolatile",
            r"SYSTEM\CurrentControlSet\Control\Session Manager",
            r"SYSTEM\CurrentControlSet\Control\ComputerName",
            r"$names\ActiveComputerName",
            r"$names\ComputerName",
        ),
        "signs of a pending restart",
    ),
    r"SOFTWARE\Microsoft\ENTSSO\SQL": "the names of what is below it, for the self-test",
    r"SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full": ".NET Framework's version",
    r"SOFTWARE\Microsoft\Windows NT\CurrentVersion": "Windows' edition, build and update",
    r"SOFTWARE\Microsoft\Windows\CurrentVersion": "where common program files are",
}
"""The registry keys, all below HKEY_LOCAL_MACHINE, as they stand in the script."""

MESSAGES: Reasons = {
    r"HKLM\$Key cannot be read": "the message of an error",
    r"$($More['sValueName']) of HKLM\$Key is of another type than it should be": "the message of an error",
    r"StdRegProv.$Method of HKLM\$Key gave $code": "the message of an error",
}
PATTERNS: Reasons = {
    r"\Enterprise Single Sign-On": "ENTSSO's folder below the common program files",
    r"^[A-Za-z]:\\": "is a folder on a drive of the machine",
    "$env:COMPUTERNAME\\": "the machine's name before that of its own account",
    r"\.": "takes a name's first label",
    r"\\": "divides a domain from an account",
    r"\drivers\etc\hosts": "the hosts file",
    r"\s+": "divides the words of a line of the hosts file",
    r"^\.\\": "is an account the machine's own",
}
"""Strings with a backslash: nothing else in the script may look like a path."""

SET_MEMBERS: Reasons = {
    "$asked.ReverseDirection": "the newest events first",
    "$asked.TolerateQueryErrors": "a wrong query is an error",
    "$client.Client.DualMode": "a socket for addresses of both families",
    "$Compiled.fault": "remembers how compiling ended",
    **dict.fromkeys(
        (
            "$Data.lacking",
            "$Lacking[$Part]",
            "$Lacking[$name]",
            "$data.lacking",
            "$lacking.bindings",
            "$lacking.connections",
            "$lacking.dependencies",
            "$lacking.forward",
            "$lacking.hosts_overrides",
            "$lacking.in_32_bit_view",
            "$lacking.machine_sid",
            "$lacking.nodes",
            "$lacking.own_accounts",
            "$lacking.own_addresses",
            "$lacking.policy_rules",
            "$lacking.processes",
            "$lacking.reverse",
            "$lacking.tokens",
            "$lacking[$part]",
        ),
        "why a part of an answer is not there",
    ),
    **dict.fromkeys(
        (
            "$answer.addresses",
            "$answer.code",
            "$answer.error",
            "$answer.expression",
            "$answer.host_name",
            "$answer.security_descriptor",
            "$connection.code",
            "$connection.error",
            "$connection.is_open",
            "$connection.milliseconds",
            "$data.bindings",
            "$data.cluster_values",
            "$data.clustered",
            "$data.connections",
            "$data.files",
            "$data.contact_32_bit",
            "$data.hosts_overrides",
            "$data.in_32_bit_view",
            "$data.local",
            "$data.machine_sid",
            "$data.mappings",
            "$data.nodes",
            "$data.own_accounts",
            "$data.own_addresses",
            "$data.pending_reboot",
            "$data.policy_rules",
            "$data.processes",
            "$data.security_descriptor",
            "$data.service_state",
            "$data.tokens",
        ),
        "a part of an answer that the script itself has made",
    ),
}
"""The places that may be assigned to, beside simple variables: tables of the script's own."""
