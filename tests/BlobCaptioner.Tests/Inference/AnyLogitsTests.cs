using System.Text;
using System.Text.Json;
using BlobCaptioner.Captioning;
using BlobCaptioner.Inference;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BlobCaptioner.Tests.Inference;

public sealed class AnyLogitsTests
{
    // What a vocabulary holds that can break a JSON string: quotes inside tokens, half escapes, half surrogates, half characters.
    private static readonly ScriptedVocabulary Nasty = new(
        ((string[])["\"", "\\\"", "\\", "\\u", "\\uD8", "3D\\u", "DE00", "\"}", "\",\"", "\"\"", "a\"b", " ", "  ", "\n", "word", "e\u0301", "\u200d", "😀", "。", ". ", "ma", "mag"])
        .Select(Encoding.UTF8.GetBytes).Concat([[0xF0, 0x9F], [0x98, 0x80], [0xE2], [0xC3, 0x22], [0x00]]));

    [Fact]
    public void Describe_AnyLogits_AnswerHasExactlyTheProfilesFieldsInsideTheirLimits()
    {
        var limits = Gen.Choose(1, 60);
        var values = Gen.Elements("m", "ma", "mag", "mag\"", "a\\b", "😀", "😀😀", "é", "tea pot", "tea", ",", "}").NonEmptyListOf().Select(v => v.Distinct(StringComparer.Ordinal).ToArray());
        var fields = Gen.OneOf(
            limits.Select(l => new ProfileField { Name = "", Kind = FieldKind.Text, MaxCharacters = l }),
            values.Select(v => new ProfileField { Name = "", Kind = FieldKind.Choice, Values = v }));
        var cases = from list in fields.NonEmptyListOf()
                    from seed in Gen.Choose(0, int.MaxValue)
                    from temperature in Gen.Elements(0f, 0.7f, 2f)
                    select (Fields: list.Take(5).Select((f, i) => f with { Name = $"f{i}" }).ToArray(), seed, temperature);
        Prop.ForAll(cases.ToArbitrary(), c => Check(c.Fields, c.seed, c.temperature)).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    private static async Task Check(ProfileField[] fields, int seed, float temperature)
    {
        var decoder = new ScriptedDecoder(Nasty, contextTokens: 2_000, batchTokens: 16) { Model = (picture, answer, logits) => Fill(logits, HashCode.Combine(seed, picture, answer.Length)) };
        await using var engine = new ScriptedEngine(decoder, new BatcherOptions { Slots = 3 }, fields);
        var sampling = new SamplingOptions { Temperature = temperature, TopK = seed % 30 };
        var captions = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => engine.Describe(i, sampling: sampling, seed: (ulong)seed)));
        Assert.Equal(0, engine.Batcher.Snapshot().PutBack);
        foreach (var caption in captions)
        {
            using var json = JsonDocument.Parse(ScriptedEngine.Json(caption));
            var read = json.RootElement.EnumerateObject().ToArray();
            Assert.Equal(fields.Select(f => f.Name), read.Select(p => p.Name));
            foreach (var (field, value) in fields.Zip(read.Select(p => p.Value.GetString()!)))
            {
                CheckValue(field, value);
            }
        }
    }

    private static void CheckValue(ProfileField field, string value)
    {
        if (field.Kind == FieldKind.Choice)
        {
            Assert.Contains(value, field.Values);
            return;
        }

        Assert.InRange(value.EnumerateRunes().Count(), 0, field.MaxCharacters);
        Assert.Equal(value, value.Trim());
        Assert.Equal(value, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value)));
    }

    private static void Fill(float[] logits, int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < logits.Length; i++)
        {
            logits[i] = random.Next(200) switch
            {
                0 => float.NaN,
                1 => float.NegativeInfinity,
                2 => float.PositiveInfinity,
                _ => (random.NextSingle() * 10) + (i >= 256 ? 4 : 0),
            };
        }
    }
}
