using System.Text.Json;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Tests.Records;

/// <summary>Makes records for tests.</summary>
internal static class TestRecords
{
    public static CaptionRecord Described(string name, params (string Field, CopyValue Value)[] copy) => new()
    {
        Status = RecordStatus.Described,
        Image = new() { Container = "images", Name = name, ETag = "0x1", ContentHash = "aa", Format = "jpeg", Width = 10, Height = 20 },
        Profile = new("default", "0123456789abcdef") { Languages = ["en"] },
        Copy = Copy("en", copy),
        Attributes = new Dictionary<string, RecordAttribute>(StringComparer.Ordinal)
        {
            ["category"] = new("Kitchen > Mugs", 0.9),
            ["color"] = new(new CopyValue(["red", "white"]), 0.8),
            ["material"] = new(null, 0.2) { Evidence = Evidence.Unknown },
            ["brand"] = new("Acme", null) { Evidence = Evidence.Supplied },
        },
        Generation = new()
        {
            Model = "m",
            ModelHash = "ff",
            Engine = "llama.cpp",
            Sampler = new(0.7f, 0.8f, 20, 1.5f, ulong.MaxValue),
            DigitalSourceType = "trainedAlgorithmicMedia",
            Preparation = "v1",
            Worker = "here:1",
            At = DateTimeOffset.UnixEpoch,
            Tries = 1,
        },
        Fingerprint = "abcdef",
    };

    public static CaptionRecord Without(string name, RecordStatus status) => Described(name) with
    {
        Status = status,
        Copy = new Dictionary<string, IReadOnlyDictionary<string, CopyValue>>(StringComparer.Ordinal),
        Attributes = new Dictionary<string, RecordAttribute>(StringComparer.Ordinal),
        Error = new("not-an-image", "It is a text.", "Remove it."),
    };

    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, CopyValue>> Copy(string language, params (string Field, CopyValue Value)[] copy) =>
        new Dictionary<string, IReadOnlyDictionary<string, CopyValue>>(StringComparer.Ordinal)
        {
            [language] = copy.ToDictionary(c => c.Field, c => c.Value, StringComparer.Ordinal),
        };

    public static CaptionRecord With(this CaptionRecord record, params (string Name, string Value)[] facts) =>
        record with { Facts = facts.ToDictionary(f => f.Name, f => f.Value, StringComparer.OrdinalIgnoreCase) };

    public static CaptionRecord Reviewed(this CaptionRecord record, string review) => record with { Review = JsonDocument.Parse(review).RootElement };
}
