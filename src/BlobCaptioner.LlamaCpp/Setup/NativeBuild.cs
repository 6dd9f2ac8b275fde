using System.Diagnostics;
using System.Globalization;
using BlobCaptioner.LlamaCpp.Interop;

namespace BlobCaptioner.LlamaCpp.Setup;

/// <summary>
/// Makes a folder of native libraries: npm brings the prebuilt ones and llama.cpp's matching source, CMake compiles libmtmd from it, and this project's attention kernel.
/// </summary>
/// <param name="platform">For which machine.</param>
/// <param name="progress">Told what goes on, in lines for people; may be null.</param>
internal sealed class NativeBuild(NativePlatform platform, IProgress<string>? progress)
{
    /// <summary>Builds in <paramref name="scratch"/> (created, and deleted at the end) and moves the result to <paramref name="target"/> in one step.</summary>
    /// <exception cref="NativeSetupException">A tool failed; nothing is left behind.</exception>
    public async Task RunAsync(string scratch, string target, CancellationToken cancellationToken)
    {
        var total = Stopwatch.StartNew();
        try
        {
            Directory.CreateDirectory(scratch);
            SetupFiles.WriteTo(scratch);
            await StepAsync("npm ci: llama.cpp's prebuilt libraries and source, once (up to a minute)", () => InstallPackagesAsync(scratch, cancellationToken));

            var output = Directory.CreateDirectory(Path.Combine(scratch, "out")).FullName;
            CopyPrebuilt(scratch, output);
            var source = Path.Combine(scratch, "source");
            await StepAsync("unpacking llama.cpp's source", () => UnpackSourceAsync(scratch, source, cancellationToken));
            await StepAsync("compiling libmtmd, once (half a minute on two idle cores)", () => CompileAsync(scratch, source, output, cancellationToken));

            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            Directory.Move(output, target);
            progress?.Report(string.Create(CultureInfo.InvariantCulture, $"native libraries ready in {total.Elapsed.TotalSeconds:F0} s: {target}"));
        }
        finally
        {
            Discard(scratch);
        }
    }

    /// <summary>Deletes a scratch folder as far as it goes: a compiler that outlived its killed parent may still write there. The next set-up tries again.</summary>
    public static void Discard(string scratch)
    {
        try
        {
            if (Directory.Exists(scratch))
            {
                Directory.Delete(scratch, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is left costs disk space only.
        }
    }

    private static Task InstallPackagesAsync(string scratch, CancellationToken cancellationToken) =>
        ToolProcess.RunAsync("npm", ["ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"], scratch, onLine: null, cancellationToken);

    private void CopyPrebuilt(string scratch, string output)
    {
        var from = Path.Combine(scratch, "node_modules", platform.NpmPackage, platform.BinariesFolder);
        foreach (var file in Directory.EnumerateFiles(from, "*.so"))
        {
            // libllama-common belongs to llama.cpp's own command-line tools.
            if (!file.EndsWith("libllama-common.so", StringComparison.Ordinal))
            {
                File.Copy(file, Path.Combine(output, Path.GetFileName(file)));
            }
        }
    }

    private static Task UnpackSourceAsync(string scratch, string source, CancellationToken cancellationToken) =>
        ToolProcess.RunAsync(
            "git",
            ["-c", "advice.detachedHead=false", "clone", "--quiet", Path.Combine(scratch, "node_modules", "node-llama-cpp", "llama", "gitRelease.bundle"), source],
            scratch,
            onLine: null,
            cancellationToken);

    private async Task CompileAsync(string scratch, string source, string output, CancellationToken cancellationToken)
    {
        var build = Path.Combine(scratch, "build");
        List<string> configure = ["-S", scratch, "-B", build, "-DCMAKE_BUILD_TYPE=Release", $"-DLLAMA_SOURCE={source}", $"-DLLAMA_BINARIES={output}"];
        if (await ToolProcess.TryReadFirstLineAsync("make", ["--version"], cancellationToken) is null)
        {
            configure.AddRange(["-G", "Ninja"]);
        }

        await ToolProcess.RunAsync("cmake", configure, scratch, onLine: null, cancellationToken);
        var told = 0;
        await ToolProcess.RunAsync(
            "cmake",
            ["--build", build, "--parallel", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)],
            scratch,
            line =>
            {
                // make prints "[ 23%] Building CXX object ..."
                if (line.StartsWith('[') && line.IndexOf('%', StringComparison.Ordinal) is > 1 and var end
                    && int.TryParse(line.AsSpan(1, end - 1), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out var percent)
                    && percent >= told + 20 && percent < 100)
                {
                    told = percent;
                    progress?.Report(string.Create(CultureInfo.InvariantCulture, $"compiling libmtmd: {percent} %"));
                }
            },
            cancellationToken);
        foreach (var library in (string[])["libmtmd.so", NativeLoader.AttentionFile])
        {
            File.Copy(Path.Combine(build, library), Path.Combine(output, library));
        }
    }

    private async Task StepAsync(string name, Func<Task> step)
    {
        progress?.Report(name);
        var clock = Stopwatch.StartNew();
        await step();
        progress?.Report(string.Create(CultureInfo.InvariantCulture, $"  done in {clock.Elapsed.TotalSeconds:F0} s"));
    }
}
