using System.Text;
using BlobCaptioner.Captioning;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
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

    private static readonly string[] Languages = ["en", "de", "zh-Hans", "x-none"];

    [Fact]
    public void Describe_AnyLogits_AnswerHasExactlyTheProfilesFieldsInsideTheirLimits()
    {
        var limits = Gen.Choose(1, 60);
        var values = Gen.Elements("m", "ma", "mag", "mag\"", "a\\b", "😀", "😀😀", "é", "tea pot", "tea", ",", "}", "unknown").NonEmptyListOf().Select(v => v.Distinct(StringComparer.Ordinal).ToArray());
        var fields = from kind in Gen.Elements(Enum.GetValues<FieldKind>())
                     from limit in limits
                     from list in values
                     from min in Gen.Choose(0, 3)
                     from more in Gen.Choose(0, 3)
                     from isAttribute in Gen.Elements(false, true)
                     from allowUnknown in Gen.Elements(false, true)
                     from evidence in Gen.Elements<Evidence[]>([Evidence.Seen], [Evidence.Read], [Evidence.Seen, Evidence.Read], [])
                     select new ProfileField
                     {
                         Name = "",
                         Kind = kind,
                         MaxCharacters = limit,
                         Values = list,
                         MinItems = Math.Min(min, Math.Max(1, min + more)),
                         MaxItems = Math.Max(1, min + more),
                         IsAttribute = isAttribute,
                         AllowUnknown = allowUnknown,
                         Evidence = evidence,
                     };
        var cases = from list in fields.NonEmptyListOf()
                    from seed in Gen.Choose(0, int.MaxValue)
                    from temperature in Gen.Elements(0f, 0.7f, 2f)
                    from languages in Gen.Choose(1, 4)
                    from facts in Gen.SubListOf(["m", "tea / mag", "é\"\n", "unknown", "9.90"])
                    select new Case([.. list.Take(5).Select((f, i) => f with { Name = $"f{i}" })], seed, temperature, languages, [.. facts]);
        Prop.ForAll(cases.ToArbitrary(), Check).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    private static async Task Check(Case c)
    {
        var decoder = new ScriptedDecoder(Nasty, contextTokens: 20_000, batchTokens: 16) { Model = (picture, answer, logits) => Fill(logits, HashCode.Combine(c.Seed, picture, answer.Length)) };
        await using var engine = new ScriptedEngine(decoder, new BatcherOptions { Slots = 3 }, c.Fields);
        var sampling = new SamplingOptions { Temperature = c.Temperature, TopK = c.Seed % 30, PresencePenalty = c.Seed % 3 };
        var profile = ScriptedEngine.ProfileOf(c.Fields) with { Languages = [.. Languages.Take(c.Languages).Select(l => new ProfileLanguage(l))], Avoid = ["word", "😀😀"] };
        var facts = new ProductFacts { Sku = "A", Values = c.Facts.Select((f, i) => (Name: $"f{i}", Value: f)).ToDictionary(f => f.Name, f => f.Value, StringComparer.OrdinalIgnoreCase) };
        var plan = DecodingPlan.Compile(profile, decoder);
        var captions = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => engine.Describe(i, plan: plan, sampling: sampling, seed: (ulong)c.Seed, facts: facts)));
        Assert.Equal((0, 0), (engine.Batcher.Snapshot().SlotsInUse, engine.Batcher.Snapshot().CellsReserved));
        foreach (var caption in captions)
        {
            var attributes = c.Fields.Where(f => f.IsAttribute).Select(f => (f.Name, (string?)null));
            var copy = Languages.Take(c.Languages).SelectMany(l => c.Fields.Where(f => !f.IsAttribute).Select(f => (f.Name, (string?)l)));
            var expected = c.Languages == 1 ? c.Fields.Select(f => (f.Name, f.IsAttribute ? null : "en")) : attributes.Concat(copy);
            Assert.Equal(expected, caption.Fields.Select(f => (f.Name, f.Language)));
            foreach (var value in caption.Fields)
            {
                CheckValue(c.Fields.Single(f => f.Name == value.Name), value, facts);
            }
        }
    }

    private static void CheckValue(ProfileField field, CaptionField value, ProductFacts facts)
    {
        IReadOnlyList<string> texts = field.Kind is FieldKind.TextList or FieldKind.Choices ? value.Items! : [value.Value];
        Assert.True(value.Confidence is null or (>= 0 and <= 1), "confidence");
        if (field.IsAttribute && facts.Find(field.Name) is not null)
        {
            Assert.Equal(Evidence.Supplied, value.Evidence);
            return;
        }

        if (value.Evidence == Evidence.Unknown)
        {
            Assert.True(field.IsAttribute, "only attributes may be unknown");
            Assert.Equal("", value.Value);
            return;
        }

        Assert.True(!field.IsAttribute || field.Evidence.Contains(value.Evidence), "evidence");
        Assert.InRange(texts.Count, 0, field.Kind is FieldKind.TextList or FieldKind.Choices ? field.MaxItems : 1);
        Assert.Equal(texts.Distinct(StringComparer.Ordinal), texts);
        foreach (var text in texts)
        {
            switch (field.Kind)
            {
                case FieldKind.Choice or FieldKind.Choices:
                    Assert.Contains(text, field.Values);
                    break;
                case FieldKind.YesNo:
                    Assert.Contains(text, (string[])["yes", "no"]);
                    break;
                case FieldKind.Number:
                    Assert.Matches(@"^([0-9]+(\.[0-9]+)?)?$", text);
                    break;
                default:
                    Assert.Equal(text, text.Trim());
                    Assert.Equal(text, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
                    Assert.DoesNotContain(text, c => c is '\n' or '\r' or '\t');
                    break;
            }

            Assert.InRange(text.EnumerateRunes().Count(), 0, field.Kind is FieldKind.Text or FieldKind.TextList or FieldKind.Number ? field.MaxCharacters : int.MaxValue);
        }
    }

    private sealed record Case(ProfileField[] Fields, int Seed, float Temperature, int Languages, string[] Facts);

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
