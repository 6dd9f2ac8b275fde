using System.Text.Json;
using System.Text.Json.Serialization;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Tests.Engine;
using BlobCaptioner.Tests.Images;
using Xunit;

namespace BlobCaptioner.Tests.SampleModel;

/// <summary>
/// What the trainer's own libtorch answered, under the same engine and plan (<c>dotnet run --project src/BlobCaptioner.SampleModel -- eval --out DIR</c>), with the pictures it was asked about.
/// </summary>
public sealed record ParityAnswers
{
    /// <summary>Decisions closer than this may fall either way: weights have 16 bits in GGUF files and 32 in training.</summary>
    public const double ClearMargin = 0.02;

    private const double ConfidenceTolerance = 0.02;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public required string Profile { get; init; }

    public required string Language { get; init; }

    public required IReadOnlyList<Answer> Pictures { get; init; }

    [JsonIgnore]
    public string Folder { get; init; } = "";

    /// <summary>The profile as the trainer used it: one language, and no chance in what is written.</summary>
    [JsonIgnore]
    public Profile WriteUp => BuiltInProfiles.Get(Profile) with { Languages = [new(Language)], Sampling = new SamplingOptions { Temperature = 0 } };

    /// <summary>Reads one of the stored sets.</summary>
    public static async Task<ParityAnswers> ReadAsync(string set)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "SampleModel", "Parity", set);
        var answers = JsonSerializer.Deserialize<ParityAnswers>(await File.ReadAllBytesAsync(Path.Combine(folder, "answers.json"), TestContext.Current.CancellationToken), Json);
        return answers! with { Folder = folder };
    }

    /// <summary>A stored picture's file.</summary>
    public Task<byte[]> ReadFileAsync(Answer answer) => File.ReadAllBytesAsync(Path.Combine(Folder, answer.File), TestContext.Current.CancellationToken);

    /// <summary>The bundled pair in llama.cpp.</summary>
    public static LocalCaptionModel Load()
    {
        var batching = new BatcherOptions { Slots = 4 };
        return new LocalCaptionModel(SampleDecoder.Load(o => o with { MaxSequences = batching.Sequences, ContextTokens = 8192 }), batching);
    }

    /// <summary>Prepares a file as intake does, and describes it.</summary>
    public async Task<Caption> DescribeAsync(LocalCaptionModel model, byte[] file, ImageOptions? options = null)
    {
        var cancel = TestContext.Current.CancellationToken;
        var prepared = await TestPicture.PreparedAsync(file, WriteUp.ImageTokenBudget, options);
        return await model.DescribeAsync(new PreparedImage { Name = "picture", Jpeg = prepared.Jpeg }, WriteUp, cancel);
    }

    /// <summary>Where an answer differs from the trainer's beyond what 16 bits explain; empty where it doesn't.</summary>
    public static IReadOnlyList<string> Differences(Answer expected, Caption caption)
    {
        var differences = new List<string>();
        foreach (var (wanted, found) in expected.Fields.Zip(caption.Fields))
        {
            if (wanted.Name != found.Name || (wanted.Value != found.Value && expected.Margin >= ClearMargin))
            {
                differences.Add($"{expected.File}: {found.Name} is '{found.Value}', the trainer's {wanted.Name} was '{wanted.Value}'");
            }

            if (wanted.Confidence is { } before && wanted.Value == found.Value && Math.Abs(before - (found.Confidence ?? 0)) > ConfidenceTolerance)
            {
                differences.Add($"{expected.File}: {found.Name} has confidence {found.Confidence}, the trainer's was {before}");
            }
        }

        return differences;
    }

    public sealed record Answer
    {
        public required string File { get; init; }

        /// <summary>How much likelier the first token was than the second, where that was least.</summary>
        public required double Margin { get; init; }

        public required IReadOnlyList<Field> Fields { get; init; }
    }

    public sealed record Field
    {
        public required string Name { get; init; }

        public required string Value { get; init; }

        public double? Confidence { get; init; }
    }
}
