using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using BlobCaptioner.Cli.LocalStack;
using BlobCaptioner.Engine;
using BlobCaptioner.Engine.Natives;
using BlobCaptioner.Inference;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>Looks for everything that the program needs on this machine.</summary>
internal static class MachineCheck
{
    private const long NeededBytes = 1_000_000_000;

    /// <summary>Looks, and changes nothing.</summary>
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
            : new("Azurite", RequirementState.LaterByItself, "not installed yet", "captioner up installs it (half a minute)"));
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
        var taken = new List<int>();
        foreach (var port in (int[])[AzuritePorts.Usual.Blob, AzuritePorts.Usual.Queue, AzuritePorts.Usual.Table])
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
                listener.Start();
            }
            catch (SocketException)
            {
                taken.Add(port);
            }
        }

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
            : new("disk space", RequirementState.Missing, $"{text}; setting up takes {NeededBytes / 1e9:0} GB", "Free some, or set XDG_DATA_HOME to a folder on a larger disk.");
    }
}
