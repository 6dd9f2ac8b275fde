using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Tests.Functions.Host;

/// <summary>Keeps the SDK's warnings and errors. The SDK logs entries without a message, which the fake logger for tests refuses.</summary>
internal sealed class SdkLog(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => this;

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
