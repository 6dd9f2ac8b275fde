using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using BlobCaptioner.Cli.Reporting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>--json</c> and <c>--verbose</c>.</summary>
internal sealed class OutputArguments : OptionGroup
{
    private readonly Option<bool> _json = new("--json") { Description = "Write JSON to stdout, one object a line." };

    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Write a detailed log to stderr." };

    /// <inheritdoc/>
    public override void AddTo(Command command)
    {
        command.AddAll(_json, _verbose);
    }

    /// <summary>True if JSON is asked for.</summary>
    public bool Json(ParseResult parse) => parse.GetValue(_json);

    /// <summary>Writes a result to stdout: as a line of JSON if asked for, else as <paramref name="write"/> does.</summary>
    public async Task WriteAsync<T>(ParseResult parse, T result, JsonTypeInfo<T> type, Action<T> write)
    {
        if (Json(parse))
        {
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result, type));
        }
        else
        {
            write(result);
        }
    }

    /// <summary>Creates loggers that write to stderr.</summary>
    public ILoggerFactory CreateLogging(ParseResult parse, bool terminalIsDrawnOn = false)
    {
        var quiet = terminalIsDrawnOn ? LogLevel.Error : LogLevel.Warning;
        return LoggerFactory.Create(builder => builder
            .SetMinimumLevel(parse.GetValue(_verbose) ? LogLevel.Debug : quiet)

            // its warnings are about model files, which users can't change
            .AddFilter("BlobCaptioner.Engine", parse.GetValue(_verbose) ? LogLevel.Debug : LogLevel.Error)

            // if the page can't start, the command says why
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.Critical)
            .AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>()
            .AddSimpleConsole(options => options.SingleLine = true)
            .AddConsole(options => (options.LogToStandardErrorThreshold, options.FormatterName) = (LogLevel.Trace, parse.GetValue(_verbose) ? ConsoleFormatterNames.Simple : LineFormatter.Name)));
    }
}
