$Compiled = @{}

function Initialize-Lsa {
    if (-not $Parameters.compile) { throw 'compiling was not allowed (--no-compile)' }
    # Tried once: a compiler that fails takes its time for every name otherwise.
    if (-not $Compiled.Contains('fault')) {
        $Compiled.fault = $null
        try {
            Add-Type -TypeDefinition @'
using System;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Security.Principal;
using System.Text;

// Reads the local security policy and resolves SIDs. The policy is opened to view it and to look up names (0x801).
public static class SsoAuditLsa {
    [StructLayout(LayoutKind.Sequential)]
    public struct LsaString { public ushort Length; public ushort MaximumLength; public IntPtr Buffer; }

    [StructLayout(LayoutKind.Sequential)]
    public struct LsaAttributes {
        public uint Length;
        public IntPtr Root;
        public IntPtr Name;
        public uint Attributes;
        public IntPtr Descriptor;
        public IntPtr Quality;
    }

    [DllImport("advapi32.dll")]
    static extern uint LsaOpenPolicy(IntPtr system, ref LsaAttributes attributes, uint access, out IntPtr policy);

    [DllImport("advapi32.dll")]
    static extern uint LsaEnumerateAccountsWithUserRight(IntPtr policy, ref LsaString right, out IntPtr buffer, out uint count);

    [DllImport("advapi32.dll")]
    static extern uint LsaFreeMemory(IntPtr buffer);

    [DllImport("advapi32.dll")]
    static extern uint LsaClose(IntPtr policy);

    [DllImport("advapi32.dll")]
    static extern int LsaNtStatusToWinError(uint status);

    [DllImport("advapi32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
    static extern bool LookupAccountSidW(string system, byte[] sid, StringBuilder name, ref uint nameLength, StringBuilder domain, ref uint domainLength, out int use);

    public static string[] Holders(string right) {
        LsaAttributes attributes = new LsaAttributes();
        attributes.Length = (uint)Marshal.SizeOf(typeof(LsaAttributes));
        IntPtr policy;
        Check(LsaOpenPolicy(IntPtr.Zero, ref attributes, 0x801, out policy));
        try { return Holders(policy, right); } finally { LsaClose(policy); }
    }

    static string[] Holders(IntPtr policy, string right) {
        LsaString text = new LsaString();
        text.Length = (ushort)(right.Length * 2);
        text.MaximumLength = (ushort)(right.Length * 2 + 2);
        text.Buffer = Marshal.StringToHGlobalUni(right);
        IntPtr buffer;
        uint count;
        try {
            uint status = LsaEnumerateAccountsWithUserRight(policy, ref text, out buffer, out count);
            // STATUS_NO_MORE_ENTRIES: nobody holds it.
            if (status == 0x8000001A) return new string[0];
            Check(status);
        } finally { Marshal.FreeHGlobal(text.Buffer); }
        try {
            string[] holders = new string[count];
            for (int i = 0; i < holders.Length; i++) {
                holders[i] = new SecurityIdentifier(Marshal.ReadIntPtr(buffer, i * IntPtr.Size)).Value;
            }
            return holders;
        } finally { LsaFreeMemory(buffer); }
    }

    static void Check(uint status) {
        if (status != 0) throw new Win32Exception(LsaNtStatusToWinError(status));
    }

    public static int Kind(string sid) {
        SecurityIdentifier identifier = new SecurityIdentifier(sid);
        byte[] bytes = new byte[identifier.BinaryLength];
        identifier.GetBinaryForm(bytes, 0);
        StringBuilder name = new StringBuilder(1024);
        StringBuilder domain = new StringBuilder(1024);
        uint nameLength = 1024;
        uint domainLength = 1024;
        int use;
        if (LookupAccountSidW(null, bytes, name, ref nameLength, domain, ref domainLength, out use)) return use;
        throw new Win32Exception(Marshal.GetLastWin32Error());
    }
}
'@
        } catch {
            $Compiled.fault = $_
        }
    }
    if ($null -ne $Compiled.fault) { throw $Compiled.fault }
}

function Get-RightHolders([string]$Right) { [SsoAuditLsa]::Holders($Right) }

# The one place where files are written: two temporary ones, which are removed again.
function Get-ExportedRights {
    $export = [IO.Path]::GetTempFileName()
    $log = [IO.Path]::GetTempFileName()
    try {
        $null = secedit.exe /export /areas USER_RIGHTS /cfg $export /log $log /quiet
        if ($LASTEXITCODE -ne 0) { throw "secedit.exe ended with exit code $LASTEXITCODE" }
        # UTF-16 with a byte order mark, which Get-Content goes by; without one it would be ANSI.
        $lines = @(Get-Content -LiteralPath $export)
    } finally {
        Remove-Item -LiteralPath $export, $log
    }
    if ($lines -notcontains '[Privilege Rights]') { throw 'secedit.exe exported no user rights' }
    [ordered]@{
        method = 'secedit'
        service = @(Get-ExportedHolders $lines 'SeServiceLogonRight')
        deny_service = @(Get-ExportedHolders $lines 'SeDenyServiceLogonRight')
    }
}

# A right that nobody holds has no line.
function Get-ExportedHolders($Lines, [string]$Right) {
    foreach ($line in $Lines) {
        $parts = @($line -split '=', 2)
        if ($parts.Count -eq 2 -and $parts[0].Trim() -eq $Right) {
            $parts[1] -split ',' | ForEach-Object { $_.Trim() } | Where-Object { $_ -ne '' } | ForEach-Object { Get-SidOrName $_ }
        }
    }
}

# secedit writes *SID, or a name where it has one.
function Get-SidOrName([string]$Holder) {
    if ($Holder.StartsWith('*')) { return $Holder.Substring(1) }
    try {
        Get-Sid $Holder
    } catch {
        $Holder
    }
}

function Read-LogonRights {
    try {
        Initialize-Lsa
    } catch {
        if (-not $Parameters.allow_temp_files) { throw }
        return ConvertTo-Capped (Get-ExportedRights) ([ordered]@{}) @{ service = 1000; deny_service = 1000 }
    }
    $data = [ordered]@{
        method = 'lsa'
        service = @(Get-RightHolders 'SeServiceLogonRight')
        deny_service = @(Get-RightHolders 'SeDenyServiceLogonRight')
    }
    ConvertTo-Capped $data ([ordered]@{}) @{ service = 1000; deny_service = 1000 }
}
