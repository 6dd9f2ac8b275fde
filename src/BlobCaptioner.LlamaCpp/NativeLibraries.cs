using BlobCaptioner.LlamaCpp.Interop;
using BlobCaptioner.LlamaCpp.Setup;

namespace BlobCaptioner.LlamaCpp;

/// <summary>
/// llama.cpp's native libraries: set up once a machine, kept under the user's local data, loaded once a process.
/// </summary>
/// <remarks>
/// The first set-up runs <c>npm ci</c> from a lock file and compiles libmtmd: about a minute on two cores, some 350 MB of disk while it runs (and npm's own cache),
/// 22 MB afterwards. Several processes may start it at once: one works, the others wait for it. A half-made folder is never used.
/// </remarks>
public static class NativeLibraries
{
    /// <summary>Names a folder of ready libraries (libllama, libggml with its backends, libmtmd); nothing is installed then.</summary>
    public const string OverrideVariable = "BLOBCAPTIONER_NATIVES";

    /// <summary>The folder that is used: the override's, or the cache's for this version and machine, whether it is there yet or not.</summary>
    /// <exception cref="NativeSetupException">This kind of machine is not supported and no override is set.</exception>
    public static string FolderPath =>
        Override ?? Path.Combine(CacheRoot, SetupFiles.Hash, NativePlatform.Current.Rid);

    /// <summary>True where <see cref="EnsureAsync"/> has nothing to install.</summary>
    /// <exception cref="NativeSetupException">As <see cref="FolderPath"/>.</exception>
    public static bool AreInstalled => Directory.Exists(FolderPath);

    /// <summary>Where every version is kept; safe to delete while nothing runs.</summary>
    public static string CacheRoot { get; } = Path.Combine(LocalData(), "blobcaptioner", "natives");

    private static string? Override =>
        Environment.GetEnvironmentVariable(OverrideVariable) is { Length: > 0 } folder ? Path.GetFullPath(folder) : null;

    /// <summary>Sets the libraries up where they are missing, loads them and checks their version and struct layouts.</summary>
    /// <param name="progress">Told what goes on, in lines for people; silent where nothing is to be done.</param>
    /// <param name="cancellationToken">Stops the set-up and leaves nothing behind.</param>
    /// <returns>The folder they were loaded from.</returns>
    /// <exception cref="NativeSetupException">A tool is missing or failed, the machine is not supported, or the libraries are not the right ones; the message says what to do.</exception>
    public static async Task<string> EnsureAsync(IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        if (NativeLoader.LoadedFrom is { } loaded)
        {
            return loaded;
        }

        var folder = FolderPath;
        if (Override is null)
        {
            await InstallAsync(folder, NativePlatform.Current, progress, cancellationToken);
        }

        NativeLoader.Load(folder);
        return folder;
    }

    /// <summary>Looks for every tool that the first set-up needs; <c>captioner doctor</c> prints the list.</summary>
    public static async Task<IReadOnlyList<NativeToolCheck>> CheckToolsAsync(CancellationToken cancellationToken = default) =>
        await Task.WhenAll(RequiredTool.All.Select(t => t.CheckAsync(cancellationToken)));

    /// <summary>Makes <paramref name="folder"/> unless it is there.</summary>
    internal static async Task InstallAsync(string folder, NativePlatform platform, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        var missing = (await CheckToolsAsync(cancellationToken)).Where(c => !c.Ok).ToList();
        if (missing.Count > 0)
        {
            throw new NativeSetupException(
                "Setting llama.cpp up needs:" + string.Concat(missing.Select(c => $"{Environment.NewLine}  {c.Name} ({c.Found}): {c.Remedy}")));
        }

        // <root>/<hash>/<rid> is built in <root>/<hash>.<rid>.tmp-…, on the same file system, under <root>/<hash>.<rid>.lock.
        var root = Path.GetDirectoryName(Path.GetDirectoryName(folder))!;
        var name = $"{Path.GetFileName(Path.GetDirectoryName(folder))}.{platform.Rid}";
        Directory.CreateDirectory(root);
        using var held = await FileLock.TakeAsync(
            Path.Combine(root, name + ".lock"),
            () => progress?.Report("another process is setting llama.cpp up; waiting for it"),
            TimeProvider.System, cancellationToken);
        if (Directory.Exists(folder))
        {
            return;
        }

        foreach (var stale in Directory.EnumerateDirectories(root, name + ".tmp-*"))
        {
            // Left by a killed process: nobody else builds while the lock is held.
            NativeBuild.Discard(stale);
        }

        await new NativeBuild(platform, progress).RunAsync(Path.Combine(root, $"{name}.tmp-{Guid.NewGuid():N}"), folder, cancellationToken);
    }

    private static string LocalData()
    {
        // XDG_DATA_HOME, or ~/.local/share, on Linux.
        var path = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return path.Length > 0 ? path : Path.GetTempPath();
    }
}
