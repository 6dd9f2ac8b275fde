using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using Xunit;

namespace BlobCaptioner.Tests.Inference;

/// <summary>A batcher over a scripted decoder, with pictures that are numbers.</summary>
internal sealed class ScriptedEngine : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    public ScriptedEngine(ScriptedDecoder decoder, BatcherOptions? options = null, params ProfileField[] fields)
    {
        Decoder = decoder;
        Batcher = new ContinuousBatcher(decoder, options ?? new BatcherOptions());
        Plan = DecodingPlan.Compile(ProfileOf(fields.Length > 0 ? fields : [Category, Title]), decoder);
    }

    public static ProfileField Category { get; } = new() { Name = "category", Kind = FieldKind.Choice, Values = ["mug", "lamp", "bag"] };

    public static ProfileField Title { get; } = new() { Name = "title", Kind = FieldKind.Text, MaxCharacters = 40 };

    /// <summary>Whole words as tokens, and pieces with quotes in them as real vocabularies have.</summary>
    public static ScriptedVocabulary Words { get; } =
        new("{\"", "category", "title", "\":\"", "\",\"", "\"}", "mug", "lamp", "bag", " mug", " red", "red", "picture", " number", "e\"", ".\"}");

    public ScriptedDecoder Decoder { get; }

    public ContinuousBatcher Batcher { get; }

    public DecodingPlan Plan { get; }

    public static ScriptedDecoder NewDecoder(int sequences = 10, int contextTokens = 100_000, int batchTokens = 512) =>
        new ScriptedDecoder(Words, sequences, contextTokens, batchTokens).Writing(Answer);

    /// <summary>Waits in a decode call until a test opens the gate.</summary>
    public static DecodeStatus Pass(ManualResetEventSlim gate) =>
        gate.Wait(Deadline) ? DecodeStatus.Ok : throw new TimeoutException("The test's gate stayed shut.");

    public static Profile ProfileOf(params ProfileField[] fields) =>
        new() { Name = "test", Instruction = "Describe.", Fields = fields, Sampling = new() { Temperature = 0 } };

    public static string Answer(int picture) => $"{{\"category\":\"{Category.Values[picture % 3]}\",\"title\":\"picture number {picture}\"}}";

    public Task<Caption> Describe(int picture, int tokens = 4, DecodingPlan? plan = null, SamplingOptions? sampling = null, ulong seed = 0, ProductFacts? facts = null) =>
        Submit(picture, tokens, plan, sampling, seed, facts, TestContext.Current.CancellationToken);

    public Task<Caption> DescribeUntil(int picture, int tokens, CancellationToken cancellationToken) => Submit(picture, tokens, null, null, 0, null, cancellationToken);

    private Task<Caption> Submit(int picture, int tokens, DecodingPlan? plan, SamplingOptions? sampling, ulong seed, ProductFacts? facts, CancellationToken cancellationToken)
    {
        plan ??= Plan;
        var request = RequestOf(plan, $"{picture}.jpg") with
        {
            Profile = plan.Profile with { Sampling = sampling ?? new() { Temperature = 0 } },
            Facts = facts ?? ProductFacts.None,
            Seed = seed,
        };
        return Batcher.DescribeAsync(request, plan, [Picture(picture, tokens)], cancellationToken).WaitAsync(Deadline, TestContext.Current.CancellationToken);
    }

    /// <summary>Pixels that the scripted decoder knows by their number.</summary>
    public static PixelImage Picture(int number, int tokens)
    {
        var rgb = new byte[32 * 32 * tokens * 3];
        (rgb[0], rgb[1]) = ((byte)number, (byte)(number >> 8));
        return new PixelImage { Width = 32 * tokens, Height = 32, Rgb = rgb };
    }

    /// <summary>A request for pixels that come beside it: its image has a name and no bytes.</summary>
    public static CaptionRequest RequestOf(DecodingPlan plan, string name = "picture") =>
        new() { Images = [new() { Name = name, Jpeg = default }], Profile = plan.Profile, Seed = 0 };

    public async Task<string> Write(int picture) => Json(await Describe(picture));

    /// <summary>The values of one language as the plan writes them: <c>{"category":"mug"}</c>. Lists become arrays.</summary>
    public static string Json(Caption caption)
    {
        return "{" + string.Join(',', caption.Fields.Select(f => $"{Quote(f.Name)}:{(f.Items is { } items ? $"[{string.Join(',', items.Select(Quote))}]" : Quote(f.Value))}")) + "}";

        static string Quote(string text) => $"\"{DecodingPlan.Escape(text)}\"";
    }

    public ValueTask DisposeAsync() => Batcher.DisposeAsync();
}
