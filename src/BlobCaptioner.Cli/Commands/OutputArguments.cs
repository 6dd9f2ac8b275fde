using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>--json</c> and <c>--verbose</c>.</summary>
internal sealed class OutputArguments
{
    private readonly Option<bool> _json = new("--json") { Description = "Write JSON to stdout, one object a line." };

    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Write a detailed log to stderr." };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_json);
        command.Add(_verbose);
    }

    /// <summary>True if JSON is asked for.</summary>
    public bool Json(ParseResult parse) => parse.GetValue(_json);

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
            .AddSimpleConsole(options => options.SingleLine = true)
            .AddConsole(options => options.LogToStandardErrorThreshold = LogLevel.Trace));
    }
}
