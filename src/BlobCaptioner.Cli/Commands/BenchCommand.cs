using System.CommandLine;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner bench</c>: measurements.</summary>
internal static class BenchCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create() => new("bench", "Measures this machine.");
}
