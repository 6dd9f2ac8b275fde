using System.Security.Cryptography;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Cli.LocalStack;

/// <summary>
/// Azurite from npm, at the versions of the committed lock file. It is installed once for each lock file and user, and shared by all
/// processes. <c>npm ci</c> takes about half a minute; later starts need no installation.
/// </summary>
/// <param name="Node">Full path of <c>node</c>.</param>
/// <param name="EntryPoint">Full path of Azurite's script.</param>
public sealed record AzuriteInstall(string Node, string EntryPoint)
{
    /// <summary>The oldest major version of Node.js on which Azurite was tested. (It asks for 22; 20 works.)</summary>
    public const int OldestNode = 20;

    private const string EntryInInstall = "node_modules/azurite/dist/src/azurite.js";

    // npm writes this file last. Moving a finished folder instead would fail on Windows while a virus scanner holds files open.
    private const string MarkOfInstall = "node_modules/.package-lock.json";

    /// <summary>Folder of what this program installs: <c>~/.local/share/blobcaptioner</c> on Linux, <c>%LOCALAPPDATA%\blobcaptioner</c> on Windows.</summary>
    public static string CacheRoot
    {
        get
        {
            var data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            return Path.Combine(data.Length > 0 ? data : Path.GetTempPath(), "blobcaptioner");
        }
    }

    /// <summary>Folder of the lock file and of the script that is loaded into Azurite, beside the program.</summary>
    public static string PackageFolder => Path.Combine(AppContext.BaseDirectory, "LocalStack", "npm");

    /// <summary>Folder of this lock file's installation, whether or not it exists.</summary>
    public static string InstallFolder => Path.Combine(CacheRoot, "azurite", HashOfLockFile());

    /// <summary>True if the installation is complete.</summary>
    public static bool IsInstalled => File.Exists(Path.Combine(InstallFolder, EntryInInstall)) && File.Exists(Path.Combine(InstallFolder, MarkOfInstall));

    /// <summary>Installs Azurite if it is not installed yet.</summary>
    /// <param name="progress">Receives messages for people about steps that take long.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Cancels. A partial installation is never used.</param>
    /// <exception cref="LocalStackException">Node or npm is missing or too old, or npm failed.</exception>
    public static async Task<AzuriteInstall> EnsureAsync(IProgress<string>? progress, TimeProvider time, CancellationToken cancellationToken)
    {
        var node = ToolPath.Find("node") ?? throw new LocalStackException(
            "Azurite, the local storage, needs Node.js 20 or newer, but 'node' is not on PATH. " +
            "Install it ('sudo apt install nodejs npm', 'brew install node' or https://nodejs.org), " +
            "or use a storage account with --connection.");
        var folder = InstallFolder;
        var install = new AzuriteInstall(node, Path.Combine(folder, EntryInInstall));
        if (IsInstalled)
        {
            return install;
        }

        var parent = Path.GetDirectoryName(folder)!;
        try
        {
            Directory.CreateDirectory(parent);
            using var oneAtATime = await FileLock.TakeAsync(folder + ".lock", onWait: null, time, cancellationToken);
            if (!IsInstalled)
            {
                await InstallAsync(node, folder, progress, cancellationToken);
            }
        }
        catch (UnauthorizedAccessException ex)
        {
            throw new LocalStackException($"Azurite is installed in '{parent}', which can't be written: {ex.Message}", ex);
        }

        return install;
    }

    private static async Task InstallAsync(string node, string folder, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        var npm = ToolPath.Find("npm") ?? throw new LocalStackException(
            "Azurite is installed with npm, but 'npm' is not on PATH. Install it: 'sudo apt install npm', " +
            "'brew install node' or https://nodejs.org.");
        await CheckNodeAsync(node, cancellationToken);
        progress?.Report("Installing Azurite with npm (once, about half a minute)");
        Directory.CreateDirectory(folder);
        foreach (var name in (string[])["package.json", "package-lock.json"])
        {
            File.Copy(Path.Combine(PackageFolder, name), Path.Combine(folder, name), overwrite: true);
        }

        string[] arguments =
        [
            "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier", "--engine-strict=false", "--loglevel=error",
        ];
        var run = await ToolRun.RunAsync(npm, arguments, folder, cancellationToken);
        if (run.ExitCode != 0)
        {
            throw new LocalStackException(
                $"'npm {string.Join(' ', arguments)}' ended with {run.ExitCode} in '{folder}'. It needs a package registry: check " +
                $"'npm config get registry' and 'npm ping'. npm wrote:\n{run.Tail}");
        }
    }

    private static async Task CheckNodeAsync(string node, CancellationToken cancellationToken)
    {
        var run = await ToolRun.RunAsync(node, ["--version"], directory: null, cancellationToken);
        var version = run.Output.Trim();
        if (!int.TryParse(version.TrimStart('v').Split('.')[0], out var major) || major < OldestNode)
        {
            throw new LocalStackException(
                $"'{node}' is {version}; Azurite needs Node.js {OldestNode} or newer. Install one from https://nodejs.org, or 'npx n 22'.");
        }
    }

    private static string HashOfLockFile() =>
        Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(PackageFolder, "package-lock.json"))))[..16];
}

/// <summary>Azurite could not be installed or started.</summary>
/// <param name="message">What failed, and the way out.</param>
/// <param name="cause">The cause; null if there is none.</param>
internal sealed class LocalStackException(string message, Exception? cause = null) : Exception(message, cause);
