using System.Diagnostics;
using BlobCaptioner.Engine.Natives;
using BlobCaptioner.Inference;
using BlobCaptioner.Tests.Infra;
using Xunit;

namespace BlobCaptioner.Tests.Engine;

/// <summary>Which libraries are loaded, in processes of their own: the test starts the test program again for its second method.</summary>
public sealed class NativeLibrariesTests : IDisposable
{
    private const string RootVariable = "CAPTIONER_TEST_NATIVES_ROOT";
    private const string OwnVariable = "CAPTIONER_TEST_NATIVES_OWN";
    private const string ExpectedVariable = "CAPTIONER_TEST_NATIVES_EXPECTED";
    private const string ProcessorVariable = "CAPTIONER_TEST_NATIVES_PROCESSOR";

    private readonly string _folder = Directory.CreateTempSubdirectory("captioner-natives-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Load_ThisProgram_TakesAllLibrariesFromItsPackage()
    {
        var libraries = NativeLibraries.Load();

        Assert.StartsWith(NativeFolders.Root, libraries.Folder, StringComparison.Ordinal);
        var packages = File.ReadAllText(Path.Combine(InfraFiles.Root, "Directory.Packages.props"));
        Assert.Contains($"\"LLamaSharp\" Version=\"{NativeLibraries.Engine.Split(' ')[1]}\"", packages, StringComparison.Ordinal);
        Assert.True(libraries.Gpu is null != libraries.WhyNoGpu is null);
    }

    [Theory]
    [InlineData("libmtmd.so")]
    [InlineData("libllama.so")]
    [InlineData("libggml-cpu.so")]
    public async Task Load_ADamagedLibraryInCudasFolder_TakesNothingFromThere(string damaged)
    {
        var cpu = CopyLibraries("avx2");
        var cuda = CopyLibraries(NativeFolders.Cuda);
        await File.WriteAllTextAsync(Path.Combine(cuda, damaged), "not a library", Cancellation);

        await LoadElsewhereAsync(own: null, expected: cpu, "CUDA's libraries do not load", hasDriver: true);
    }

    [Fact]
    public async Task Load_CudasFolderWithoutADriver_IsNotTriedAndSaysWhatIsMissing()
    {
        var cpu = CopyLibraries("avx2");
        CopyLibraries(NativeFolders.Cuda);

        await LoadElsewhereAsync(own: null, expected: cpu, "NVIDIA's driver is missing", hasDriver: false);
    }

    [Fact]
    public async Task Load_CudasFolderWithADriverAndNoGpu_SaysThatNoneWasFound()
    {
        CopyLibraries("avx2");
        var cuda = CopyLibraries(NativeFolders.Cuda);

        await LoadElsewhereAsync(own: null, expected: cuda, "found no GPU", hasDriver: true);
    }

    /// <summary>As LLamaSharp.Backend.Cuda12 has it: what computes on the processor comes from LLamaSharp.Backend.Cpu.</summary>
    [Fact]
    public async Task Load_CudasFolderWithoutGgmlCpu_TakesTheProcessors()
    {
        var cpu = CopyLibraries("avx2");
        var cuda = CopyLibraries(NativeFolders.Cuda);
        File.Delete(Path.Combine(cuda, NativeFolders.FileOf("ggml-cpu")));

        await LoadElsewhereAsync(own: null, expected: cuda, "found no GPU", hasDriver: true, processor: cpu);
    }

    [Theory]
    [InlineData("libmtmd.so")]
    [InlineData("libggml.so")]
    public async Task Load_CudasFolderDamagedAndWithoutGgmlCpu_TakesNothingFromThere(string damaged)
    {
        var cpu = CopyLibraries("avx2");
        var cuda = CopyLibraries(NativeFolders.Cuda);
        File.Delete(Path.Combine(cuda, NativeFolders.FileOf("ggml-cpu")));
        await File.WriteAllTextAsync(Path.Combine(cuda, damaged), "not a library", Cancellation);

        await LoadElsewhereAsync(own: null, expected: cpu, "CUDA's libraries do not load", hasDriver: true);
    }

    [Fact]
    public async Task Load_ADriverAndNoCudasFolder_SaysHowToBuild()
    {
        var cpu = CopyLibraries("avx2");

        await LoadElsewhereAsync(own: null, expected: cpu, "-p:Backend=Cuda12", hasDriver: true);
    }

    [Fact]
    public async Task Load_FolderOfOnesOwn_IsTheOnlyOneTried() => await LoadElsewhereAsync(own: CopyLibraries("mine"), expected: Path.Combine(_folder, "mine"), "", hasDriver: false);

    [Fact]
    public async Task Load_EmptyFolderOfOnesOwn_SaysWhatItMustHold()
    {
        CopyLibraries("avx2");
        var own = Directory.CreateDirectory(Path.Combine(_folder, "mine")).FullName;

        await LoadElsewhereAsync(own, expected: "", "must name a folder with libllama, libmtmd and libggml", hasDriver: false);
    }

    [Theory]
    [InlineData("libgomp.so.1: cannot open shared object file", "apt-get install -y libgomp1")]
    [InlineData("version `GLIBC_2.34' not found", "glibc 2.34 or newer")]
    [InlineData("file too short", "Build the program again")]
    public void NotLoaded_WhatTheSystemSaid_NamesWhatToInstall(string said, string remedy)
    {
        var error = NativeErrors.NotLoaded(own: null, "/app/runtimes/linux-x64/native", [$"'/app/avx2': {said}"]);

        Assert.Contains(remedy, error.Message, StringComparison.Ordinal);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NotLoaded_NoFolder_NamesTheBuildProperty() =>
        Assert.Contains("-p:Backend=Cpu", NativeErrors.NotLoaded(own: null, "/app/natives", []).Message, StringComparison.Ordinal);

    [Fact]
    public void Candidates_WhatThisProcessorRuns_BestFirst()
    {
        foreach (var name in (string[])["avx2", "noavx", "avx512", NativeFolders.Cuda, "vulkan"])
        {
            Directory.CreateDirectory(Path.Combine(_folder, name));
            File.WriteAllText(Path.Combine(_folder, name, NativeFolders.FileOf("llama")), "");
        }

        var all = NativeFolders.Candidates(_folder, withCuda: true).Select(Path.GetFileName).ToList();

        Assert.Equal(NativeFolders.Cuda, all[0]);
        Assert.Equal("noavx", all[^1]);
        Assert.DoesNotContain("vulkan", all);
        Assert.Equal(all.Skip(1), NativeFolders.Candidates(_folder, withCuda: false).Select(Path.GetFileName));
    }

    [Fact(Explicit = true)]
    public void Load_FoldersOfTheParent_AreOfOneFolderAndWork()
    {
        var (own, root) = (Environment.GetEnvironmentVariable(OwnVariable), Environment.GetEnvironmentVariable(RootVariable)!);
        var expected = Environment.GetEnvironmentVariable(ExpectedVariable);
        var processor = Environment.GetEnvironmentVariable(ProcessorVariable) is { Length: > 0 } other ? other : expected!;
        if (string.IsNullOrEmpty(expected))
        {
            Console.WriteLine(Assert.Throws<SequenceDecoderException>(() => NativeLibraries.Load(own, root)).Message);
            return;
        }

        var libraries = NativeLibraries.Load(own, root);

        Assert.Equal(expected, libraries.Folder);
        using var process = Process.GetCurrentProcess();
        var modules = process.Modules.Cast<ProcessModule>().Select(m => m.FileName).Where(f => Path.GetFileName(f).StartsWith("libggml", StringComparison.Ordinal)
            || Path.GetFileName(f) is "libllama.so" or "libmtmd.so").ToList();
        Assert.Equal(["libggml-base.so", "libggml-cpu.so", "libggml.so", "libllama.so", "libmtmd.so"], modules.Select(Path.GetFileName).Distinct().Order(StringComparer.Ordinal));
        Assert.All(modules, m => Assert.Contains(Path.GetDirectoryName(m)!, Path.GetFileName(m) switch
        {
            "libggml-cpu.so" => (string[])[processor],

            // LLamaSharp opens the folder's own as well; the others have found the first.
            "libggml-base.so" => [processor, expected],
            _ => [expected],
        }));
        Console.WriteLine($"{libraries.WhyNoGpu}, expected: {libraries.ExpectsGpu}");
        using var decoder = SampleDecoder.Load();
        Assert.Equal(16, decoder.EncodeImage(DrawnPicture.RedBottle()).TokenCount);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Any libraries will do for CUDA's: they are the same but for the backend.
    private string CopyLibraries(string name)
    {
        var to = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        foreach (var file in Directory.EnumerateFiles(NativeLibraries.Load().Folder))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        return to;
    }

    private async Task LoadElsewhereAsync(string? own, string expected, string says, bool hasDriver, string? processor = null)
    {
        string? search = null;
        if (hasDriver)
        {
            // Stands for NVIDIA's driver: only whether it loads is asked.
            search = Directory.CreateDirectory(Path.Combine(_folder, "driver")).FullName;
            File.Copy(Path.Combine(NativeLibraries.Load().Folder, "libggml-base.so"), Path.Combine(search, NativeFolders.Driver));
        }

        var output = await OwnProcess.RunAsync(
            typeof(NativeLibrariesTests),
            nameof(Load_FoldersOfTheParent_AreOfOneFolderAndWork),
            (RootVariable, _folder), (ExpectedVariable, expected), (OwnVariable, own), (ProcessorVariable, processor), ("LD_LIBRARY_PATH", search ?? Environment.GetEnvironmentVariable("LD_LIBRARY_PATH")));

        Assert.Contains(says, output, StringComparison.Ordinal);
    }
}
