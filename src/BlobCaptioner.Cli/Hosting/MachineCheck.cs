using System.Runtime.InteropServices;
using BlobCaptioner.Cli.LocalStack;
using BlobCaptioner.Engine;
using BlobCaptioner.Engine.Natives;
using BlobCaptioner.Inference;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>Checks whether this machine has everything that the program needs.</summary>
internal static class MachineCheck
{
    private const long NeededBytes = 1_000_000_000;

    /// <summary>Runs the checks. Nothing is changed.</summary>
    public static async Task<IReadOnlyList<Requirement>> RunAsync(CancellationToken cancellationToken)
    {
        var found = new List<Requirement>
        {
            new(".NET runtime", RequirementState.Ok, RuntimeInformation.FrameworkDescription),
            await ToolAsync("Node.js", "node", AzuriteInstall.OldestNode, "sudo apt install nodejs, brew install node, or https://nodejs.org", cancellationToken),
            await ToolAsync("npm", "npm", oldest: 8, "sudo apt install npm, brew install node, or https://nodejs.org", cancellationToken),
        };
        found.Add(Natives());
        found.Add(AzuriteInstall.IsInstalled
            ? new("Azurite", RequirementState.Ok, AzuriteInstall.InstallFolder)
            : new("Azurite", RequirementState.LaterByItself, "not installed yet", "captioner up installs it (takes half a minute)"));
        foreach (var (name, path) in new[] { ("sample model, text", SampleModel.TextModelPath), ("sample model, vision", SampleModel.VisionModelPath) })
        {
            found.Add(File.Exists(path)
                ? new(name, RequirementState.Ok, $"{path} ({new FileInfo(path).Length / 1_000_000.0:0.0} MB)")
                : new(name, RequirementState.Missing, $"no '{path}'", "dotnet build src/BlobCaptioner.Cli"));
        }

        found.Add(Ports());
        found.Add(Disk());
        return found;
    }

    private static Requirement Natives()
    {
        try
        {
            var libraries = NativeLibraries.Load();
            var on = libraries.Gpu ?? $"the CPU ({libraries.WhyNoGpu})";
            return new("llama.cpp libraries", RequirementState.Ok, $"{libraries.Folder}, computing on {on}");
        }
        catch (SequenceDecoderException error)
        {
            return new("llama.cpp libraries", RequirementState.Missing, RuntimeInformation.RuntimeIdentifier, error.Message);
        }
    }

    private static async Task<Requirement> ToolAsync(string name, string program, int oldest, string remedy, CancellationToken cancellationToken)
    {
        if (ToolPath.Find(program) is not { } path)
        {
            return new(name, RequirementState.Missing, "not on PATH", remedy);
        }

        var version = (await ToolRun.RunAsync(path, ["--version"], directory: null, cancellationToken)).Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault("").TrimStart('v');
        return int.TryParse(version.Split('.')[0], out var major) && major >= oldest
            ? new(name, RequirementState.Ok, $"{version} ({path})")
            : new(name, RequirementState.Missing, $"{version} ({path}); {oldest} or newer is needed", remedy);
    }

    private static Requirement Ports()
    {
        var taken = AzuritePorts.Usual.FindTaken();
        return taken.Count == 0
            ? new("Azurite's usual ports", RequirementState.Ok, "10000 to 10002 are free")
            : new("Azurite's usual ports", RequirementState.Ok, $"{string.Join(", ", taken)} taken; free ones are used instead");
    }

    private static Requirement Disk()
    {
        var folder = AzuriteInstall.CacheRoot;
        while (!Directory.Exists(folder))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        var free = new DriveInfo(folder).AvailableFreeSpace;
        var text = $"{free / 1e9:0.0} GB free for '{folder}'";
        return free > NeededBytes || AzuriteInstall.IsInstalled
            ? new("disk space", RequirementState.Ok, text)
            : new("disk space", RequirementState.Missing, $"{text}; installing Azurite takes up to {NeededBytes / 1e9:0} GB", "Free some space, or set XDG_DATA_HOME to a folder on a larger disk.");
    }
}

/// <summary>Something that the program needs on a machine, and its state.</summary>
/// <param name="Name">Its name, for people.</param>
/// <param name="State">Its state.</param>
/// <param name="Found">What was found.</param>
/// <param name="Remedy">How to put it right, as a command if there is one; null if nothing has to be done.</param>
public sealed record Requirement(string Name, RequirementState State, string Found, string? Remedy = null);

/// <summary>State of a requirement.</summary>
public enum RequirementState
{
    /// <summary>It is met.</summary>
    Ok,

    /// <summary>It is not met yet; the program sets it up on first use.</summary>
    LaterByItself,

    /// <summary>It is missing or unsuitable, and the program does not work without it.</summary>
    Missing,
}
