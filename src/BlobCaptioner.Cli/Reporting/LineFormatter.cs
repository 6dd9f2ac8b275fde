using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>A log entry as one line, its error without a stack trace: people can do nothing about one, and an outage would fill the terminal with them. <c>--verbose</c> logs all.</summary>
internal sealed class LineFormatter() : ConsoleFormatter(Name)
{
    public new const string Name = "line";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = entry.Formatter(entry.State, entry.Exception);
        var reason = (entry.Exception is AggregateException { InnerException: { } inner } ? inner : entry.Exception)?.Message.Split('\n')[0].TrimEnd();
        textWriter.WriteLine(ReportText.Printable($"{entry.LogLevel.ToString().ToLowerInvariant()}: {message}{(reason is null || message.Contains(reason, StringComparison.Ordinal) ? "" : $" {reason}")}"));
    }
}
