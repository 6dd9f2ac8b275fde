using BlobCaptioner.Exports;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>How far an export is, for people: one line on stderr that is written over, at most four times a second. Nothing where stderr is no terminal.</summary>
internal sealed class ExportProgress(TimeProvider time) : IProgress<ExportTally>
{
    private readonly bool _isShown = !Console.IsErrorRedirected;
    private long _last = time.GetTimestamp();
    private bool _isDrawn;

    /// <inheritdoc/>
    public void Report(ExportTally value)
    {
        if (_isShown && time.GetElapsedTime(_last) > TimeSpan.FromMilliseconds(250))
        {
            _last = time.GetTimestamp();
            _isDrawn = true;
            Console.Error.Write($"\r{value.Records:N0} records read, {value.Items:N0} rows written ");
        }
    }

    /// <summary>Takes the line away.</summary>
    public void Clear()
    {
        if (_isDrawn)
        {
            Console.Error.Write("\r\e[K");
        }
    }
}
