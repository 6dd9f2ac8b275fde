using BlobCaptioner.LlamaCpp;
using BlobCaptioner.Tests.LlamaCpp;
using Xunit;

[assembly: AssemblyFixture(typeof(NativeLibrariesFixture))]

namespace BlobCaptioner.Tests.LlamaCpp;

/// <summary>
/// Sets llama.cpp up once for all tests that ask for it; on a fresh machine the first one waits some two minutes.
/// Take it as a constructor parameter and await <see cref="LoadSampleAsync"/> or <see cref="ReadyAsync"/>; tests that don't, don't pay.
/// </summary>
public sealed class NativeLibrariesFixture
{
    private readonly Lazy<Task<string>> _ready = new(() => NativeLibraries.EnsureAsync(new StderrProgress()));

    /// <summary>The folder that the libraries were loaded from.</summary>
    public Task<string> ReadyAsync() => _ready.Value;

    /// <summary>A decoder with the sample model, the caller's to dispose.</summary>
    public async Task<LlamaCppDecoder> LoadSampleAsync(Func<LlamaCppOptions, LlamaCppOptions>? change = null)
    {
        await ReadyAsync();
        return LlamaCppDecoder.Load(change is null ? BundledModel.Options : change(BundledModel.Options));
    }

    private sealed class StderrProgress : IProgress<string>
    {
        public void Report(string value) => Console.Error.WriteLine(value);
    }
}
