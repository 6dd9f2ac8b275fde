using BlobCaptioner.Exports;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>Shows the progress of an export in one line on stderr, updated at most four times a second. Shows nothing if stderr is not a terminal.</summary>
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

    /// <summary>Removes the line.</summary>
    public void Clear()
    {
        if (_line.Length > 0)
        {
            // The old Windows console would print escape sequences.
            Console.Error.Write($"\r{new string(' ', _line.Length)}\r");
        }
    }
}
