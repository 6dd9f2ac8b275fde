using System.Collections.Concurrent;
using System.Security.Cryptography;
using BlobCaptioner.Models;
using BlobCaptioner.Tests.Cli;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace BlobCaptioner.Tests.Models;

/// <summary>A server with a small model, a directory to pull it into, and a clock that stands still until it is moved.</summary>
internal sealed class PullBench : IAsyncDisposable, IProgress<ModelProgress>
{
    public const int TextBytes = 1_000_003;
    public const int VisionBytes = 70_001;
    public const string Text = "/text.gguf";
    public const string Vision = "/vision.gguf";

    private readonly ConcurrentQueue<ModelProgress> _progress = new();

    public PullBench()
    {
        Server.Files[Text] = Random(TextBytes, 1);
        Server.Files[Vision] = Random(VisionBytes, 2);
        Catalog = new()
        {
            Sources = [new() { Name = "local", Url = Server.Mirror, TokenVariable = null }],
            Models =
            [
                new()
                {
                    Name = "small",
                    Title = "Small",
                    Repository = "own/small",
                    Revisions = new Dictionary<string, string>(StringComparer.Ordinal) { ["local"] = "abc" },
                    Licence = "MIT",
                    MemoryBytes = 1,
                    Text = FileOf("text.gguf", Server.Files[Text]),
                    Vision = [FileOf("vision.gguf", Server.Files[Vision])],
                },
            ],
        };
        Directory = Open();
    }

    public FileServer Server { get; } = new();

    public FakeTimeProvider Time { get; } = new();

    public string Folder { get; } = System.IO.Directory.CreateTempSubdirectory("captioner-pull-").FullName;

    public ModelCatalog Catalog { get; }

    public ModelDirectory Directory { get; set; }

    public ModelPullOptions Options { get; set; } = new();

    public CatalogFile TextFile => Catalog.Models[0].Text;

    /// <summary>Path of what is received of the language model.</summary>
    public string PartPath => Path.Combine(Folder, ".pull", "text.gguf.part");

    /// <summary>Path of the note beside it.</summary>
    public string NotePath => Path.Combine(Folder, ".pull", "text.gguf.json");

    /// <summary>Requests for the language model.</summary>
    public IReadOnlyList<ServedRequest> TextRequests => [.. Server.Requests.Where(r => r.Path == Text)];

    /// <summary>All notices so far.</summary>
    public IEnumerable<string> Notices => _progress.Select(p => p.Notice).OfType<string>();

    public IReadOnlyList<ModelProgress> Progress => [.. _progress];

    public static byte[] Random(int length, int seed)
    {
        var bytes = new byte[length];
#pragma warning disable CA5394 // contents of a test file
        new Random(seed).NextBytes(bytes);
#pragma warning restore CA5394
        return bytes;
    }

    public static CatalogFile FileOf(string name, byte[] content) =>
        new() { Name = name, Quantisation = "F16", Bytes = content.Length, Sha256 = Convert.ToHexStringLower(SHA256.HashData(content)) };

    public ModelDirectory Open(Func<string, long>? free = null) =>
        new(Folder, Time, NullLogger<ModelDirectory>.Instance) { Catalog = Catalog, FreeBytes = free ?? (_ => long.MaxValue) };

    /// <summary>Pulls, with the clock moved on for as long as it takes.</summary>
    public Task<ModelPaths> PullAsync() => PullUntilAsync(TestContext.Current.CancellationToken);

    /// <summary>The same, until it is told to stop.</summary>
    public async Task<ModelPaths> PullUntilAsync(CancellationToken cancellationToken)
    {
        var pull = Directory.EnsureAsync("small", vision: null, Options, this, cancellationToken);
        await Eventually.TrueAsync(
            () =>
            {
                if (!pull.IsCompleted)
                {
                    Time.Advance(TimeSpan.FromSeconds(2));
                }

                return Task.FromResult(pull.IsCompleted);
            },
            "pulled or given up");
        return await pull;
    }

    /// <summary>True where both files are there, whole, and nothing else but locks.</summary>
    public bool IsWhole() =>
        Server.Files[Text].AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(Folder, "text.gguf")))
        && Server.Files[Vision].AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(Folder, "vision.gguf")))
        && System.IO.Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
            .All(f => f.EndsWith(".gguf", StringComparison.Ordinal) || f.EndsWith(".lock", StringComparison.Ordinal));

    public void Report(ModelProgress value) => _progress.Enqueue(value);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        System.IO.Directory.Delete(Folder, recursive: true);
    }
}
