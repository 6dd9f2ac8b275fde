using BlobCaptioner.Exports;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>How far an export is, for people: one line on stderr that is written over, at most four times a second. Nothing where stderr is no terminal.</summary>
internal sealed class ExportProgress(TimeProvider time) : IProgress<ExportTally>
{
    private readonly bool _isShown = !Console.IsErrorRedirected;
    private long _last = time.GetTimestamp();
    private string _line = "";

    /// <inheritdoc/>
    public void Report(ExportTally value)
    {
        if (_isShown && time.GetElapsedTime(_last) > TimeSpan.FromMilliseconds(250))
        {
            _last = time.GetTimestamp();
            _line = $"{value.Records:N0} records read, {value.Items:N0} rows written ";
            Console.Error.Write($"\r{_line}");
        }
    }

    /// <summary>Takes the line away.</summary>
    public void Clear()
    {
        if (_line.Length > 0)
        {
            // Windows' old console prints escape sequences.
            Console.Error.Write($"\r{new string(' ', _line.Length)}\r");
        }
    }
}
