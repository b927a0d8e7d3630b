$answered = 0
foreach ($topic in @($Parameters.topics)) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    try {
        $data = @(& $Readers[[string]$topic] 3>$null)
        if ($data.Count -ne 1 -or $data[0] -isnot [Collections.IDictionary]) { throw "the reader returned $($data.Count) objects" }
        $status = if ($data[0].Contains('lacking')) { 'partial' } else { 'ok' }
        Write-Frame $topic $status $watch.ElapsedMilliseconds $data[0]
    } catch {
        $failure = ConvertTo-Failure $_
        $status = $failure.status
        $failure.Remove('status')
        Write-Frame $topic $status $watch.ElapsedMilliseconds $failure
    }
    $answered += 1
}
[Console]::Out.WriteLine("SSOAUDIT/1 END $answered")
[Console]::Out.Flush()
