using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Engine.Natives;

/// <summary>
/// Takes llama.cpp's log lines into an <see cref="ILogger"/>: its errors and warnings under the same names, its information as Debug,
/// its debug lines as Trace. Native logging is per process, so the latest logger takes all.
/// </summary>
internal static unsafe partial class NativeLog
{
    private const int NativeDebug = 1;
    private const int NativeInfo = 2;
    private const int NativeWarning = 3;
    private const int NativeError = 4;
    private const int NativeContinue = 5;

    private static readonly string[] s_expected =
    [
        "failed to find a memory slot",
        "removing memory module entries",
        "possible training context overflow",
        "Qwen-VL models require at minimum 1024 image tokens",
        "try adding --image-min-tokens 1024",
        "https://github.com/ggml-org/llama.cpp/issues/16842",
    ];

    private static ILogger? s_logger;

    [ThreadStatic]
    private static string? t_line;

    [ThreadStatic]
    private static int t_level;

    [ThreadStatic]
    private static List<string>? t_errors;

    /// <summary>Receives the lines; null for nowhere.</summary>
    public static ILogger? Logger
    {
        get => Volatile.Read(ref s_logger);
        set => Volatile.Write(ref s_logger, value);
    }

    /// <summary>The C function that takes log lines.</summary>
    public static delegate* unmanaged[Cdecl]<int, byte*, void*, void> Callback => &OnLine;

    /// <summary>Starts to keep this thread's error lines, so that an exception can say what the library said.</summary>
    public static void StartErrors() => (t_errors ??= []).Clear();

    /// <summary>This thread's error lines since <see cref="StartErrors"/>, at most four; empty if there were none.</summary>
    public static string TakeErrors()
    {
        var lines = t_errors ?? [];
        var text = string.Join("; ", lines.Select(l => l.Trim()).Where(l => l.Length > 0).Distinct(StringComparer.Ordinal));
        lines.Clear();
        return text;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLine(int level, byte* text, void* userData)
    {
        try
        {
            Append(level, NativeCalls.Text(text));
        }
        catch (Exception)
        {
            // An exception must not unwind through native frames: that ends the process.
            t_line = null;
        }
    }

    /// <summary>Takes a piece of a line. The first piece comes with its level, the rest as "continue", the end with a newline.</summary>
    internal static void Append(int level, string piece)
    {
        if (level != NativeContinue)
        {
            t_level = level;
        }

        t_line += piece;
        if (t_line.EndsWith('\n') || t_line.Length > 4096)
        {
            var line = t_line.TrimEnd();
            t_line = null;
            Write(t_level, line);
        }
    }

    private static void Write(int level, string line)
    {
        if (level == NativeError && t_errors is { Count: < 4 })
        {
            t_errors.Add(line);
        }

        if (Logger is not { } logger || line.Length == 0)
        {
            return;
        }

        switch (level)
        {
            case NativeError:
                LogError(logger, line);
                break;
            case NativeWarning when !IsExpected(line):
                LogWarning(logger, line);
                break;
            case NativeDebug:
                LogTrace(logger, line);
                break;
            case NativeWarning:
            case NativeInfo:
            default:
                LogDebug(logger, line);
                break;
        }
    }

    // A full KV cache and an abort reach the caller as a DecodeStatus. One cache for all sequences is longer than the model's own context. Only grounding (boxes around things)
    // needs the larger pictures that llama.cpp advises.
    private static bool IsExpected(string line) => s_expected.Any(part => line.Contains(part, StringComparison.Ordinal));

    [LoggerMessage(EventId = 4001, Level = LogLevel.Error, Message = "llama.cpp: {Line}")]
    private static partial void LogError(ILogger logger, string line);

    [LoggerMessage(EventId = 4002, Level = LogLevel.Warning, Message = "llama.cpp: {Line}")]
    private static partial void LogWarning(ILogger logger, string line);

    [LoggerMessage(EventId = 4003, Level = LogLevel.Debug, Message = "llama.cpp: {Line}")]
    private static partial void LogDebug(ILogger logger, string line);

    [LoggerMessage(EventId = 4004, Level = LogLevel.Trace, Message = "llama.cpp: {Line}")]
    private static partial void LogTrace(ILogger logger, string line);
}
