using System.Text.RegularExpressions;

namespace BlobCaptioner.LlamaCpp.Setup;

/// <summary>A command-line tool that the first set-up runs.</summary>
/// <param name="Name">For people.</param>
/// <param name="Commands">Commands to try, in order; the first that answers is used.</param>
/// <param name="Minimum">The lowest version that works; null for any.</param>
/// <param name="Remedy">The command that installs it.</param>
internal sealed partial record RequiredTool(string Name, IReadOnlyList<string> Commands, Version? Minimum, string Remedy)
{
    /// <summary>Node 20 is what node-llama-cpp 3 asks for; CMake 3.18 what our CMakeLists.txt asks for; libmtmd is C++17.</summary>
    public static IReadOnlyList<RequiredTool> All { get; } =
    [
        new("Node.js 20 or newer", ["node"], new(20, 0), "sudo apt-get install -y nodejs npm   (where that is older than 20, or elsewhere: https://nodejs.org/en/download)"),
        new("npm", ["npm"], null, "sudo apt-get install -y npm   (elsewhere it comes with Node.js: https://nodejs.org/en/download)"),
        new("git", ["git"], null, "sudo apt-get install -y git   (elsewhere: https://git-scm.com/downloads)"),
        new("CMake 3.18 or newer", ["cmake"], new(3, 18), "sudo apt-get install -y cmake   (elsewhere: https://cmake.org/download)"),
        new("a C++17 compiler", Compilers(), null, "sudo apt-get install -y g++   (elsewhere: GCC 9, Clang 10 or newer as c++, or set CXX)"),
        new("make or ninja", ["make", "ninja"], null, "sudo apt-get install -y make   (elsewhere: GNU make or https://ninja-build.org)"),
    ];

    /// <summary>Runs <c>--version</c> of each command until one answers.</summary>
    public async Task<NativeToolCheck> CheckAsync(CancellationToken cancellationToken)
    {
        var found = "not found";
        foreach (var command in Commands)
        {
            var line = await ToolProcess.TryReadFirstLineAsync(command, ["--version"], cancellationToken);
            if (line is null)
            {
                continue;
            }

            found = line;
            if (Minimum is null || (ParseVersion(line) is { } version && version >= Minimum))
            {
                return new() { Name = Name, Ok = true, Found = line, Remedy = Remedy };
            }
        }

        return new() { Name = Name, Ok = false, Found = found, Remedy = Remedy };
    }

    /// <summary>The first dotted number of a line: <c>cmake version 3.25.1</c> gives 3.25.1. Null where there is none.</summary>
    internal static Version? ParseVersion(string line) =>
        VersionPattern().Match(line) is { Success: true } match && Version.TryParse(match.Value, out var version) ? version : null;

    private static string[] Compilers() =>
        Environment.GetEnvironmentVariable("CXX") is { Length: > 0 } chosen ? [chosen] : ["c++", "g++", "clang++"];

    [GeneratedRegex(@"\d+\.\d+(\.\d+)?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionPattern();
}
