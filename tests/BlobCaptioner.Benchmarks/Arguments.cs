using System.Globalization;

namespace BlobCaptioner.Benchmarks;

/// <summary>Options of a benchmark: <c>--name VALUE</c>, or <c>--name</c> alone.</summary>
internal sealed class Arguments(string[] arguments)
{
    public bool Has(string name) => arguments.Contains(name);

    public string? Text(string name) => Array.IndexOf(arguments, name) is >= 0 and var at && at + 1 < arguments.Length ? arguments[at + 1] : null;

    public int? Number(string name) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    public int Number(string name, int otherwise) => Number(name) ?? otherwise;
}

/// <summary>The machine that runs a benchmark.</summary>
internal static class Machine
{
    /// <summary>Load averages of 1, 5 and 15 minutes, and the number of cores.</summary>
    public static string Load() => string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ').Take(3)) + $" on {Environment.ProcessorCount} cores";
}
