using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using BlobCaptioner.Captioning;

namespace BlobCaptioner.Inference;

/// <summary>
/// A profile compiled for one decoder: literal text that is appended in bulk (jump-forward decoding, as in SGLang), free text that is
/// sampled to its closing quote or limit, choices that are walked down a token trie. Answers have the shape
/// <c>{"category":"mug","title":"Red mug"}</c>, without spaces. Immutable; any number of threads.
/// </summary>
public sealed class DecodingPlan
{
    // One token of the text before a quote may be tokenized again together with the literal after it.
    private const int BorderTokens = 4;

    private DecodingPlan(ISequenceDecoder decoder, PlanSection trunk, IReadOnlyList<PlanSection> branches)
    {
        Decoder = decoder;
        Trunk = trunk;
        Branches = branches;
    }

    /// <summary>The profile it was compiled from.</summary>
    public required Profile Profile { get; init; }

    /// <summary>Tokens before the picture's own, the picture's start tokens included: the same for all pictures of the profile.</summary>
    public required IReadOnlyList<int> PrefixTokens { get; init; }

    /// <summary>Tokens after the picture's, from its end tokens to where the answer begins.</summary>
    public required IReadOnlyList<int> SuffixTokens { get; init; }

    /// <summary>Most tokens that an answer takes in the KV cache.</summary>
    public required int MaxAnswerTokens { get; init; }

    /// <summary>What is written first: everything where there is one language, else the attributes.</summary>
    internal PlanSection Trunk { get; }

    /// <summary>One section a language, where there are several: each goes on where the trunk ended, in a fork of its sequence. Empty for one language.</summary>
    internal IReadOnlyList<PlanSection> Branches { get; }

    internal ISequenceDecoder Decoder { get; }

    /// <summary>KV cache cells that a picture takes at most, without the shared prefix.</summary>
    /// <param name="imageTokens">Tokens of the encoded picture.</param>
    public int CellsFor(int imageTokens) => imageTokens + SuffixTokens.Count + MaxAnswerTokens;

    /// <summary>Compiles a profile.</summary>
    /// <param name="profile">What to write.</param>
    /// <param name="decoder">Tokenizes and knows the chat layout.</param>
    /// <exception cref="ArgumentException">The profile has no field, two of one name, a choice without values or with one twice, or a limit below 1.</exception>
    public static DecodingPlan Compile(Profile profile, ISequenceDecoder decoder)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(decoder);
        Check(profile);
        var frame = decoder.FormatChat(profile.System, profile.Instruction);
        var fields = new List<PlanField>();
        for (var i = 0; i < profile.Fields.Count; i++)
        {
            fields.Add(CompileField(profile, i, decoder));
        }

        var tokens = fields.Sum(f => BorderTokens + (f.Trie?.Depth ?? f.LeadTokens.Length + f.MaxTextTokens));
        var trunk = new PlanSection { Language = profile.Language, Fields = fields, MaxAnswerTokens = tokens, ExpectedAnswerTokens = tokens };
        return new DecodingPlan(decoder, trunk, branches: [])
        {
            Profile = profile,
            PrefixTokens = [.. decoder.Tokenize(frame.Before, parseSpecial: true), .. decoder.Info.ImageStartTokens],
            SuffixTokens = [.. decoder.Info.ImageEndTokens, .. decoder.Tokenize(frame.After, parseSpecial: true)],
            MaxAnswerTokens = tokens,
        };
    }

    /// <summary>Lays values out as the plan writes them: <c>{"category":"mug"}</c>.</summary>
    /// <param name="values">One for each field, in the profile's order.</param>
    public string Format(IReadOnlyList<string> values)
    {
        var text = new StringBuilder();
        for (var i = 0; i < Trunk.Fields.Count; i++)
        {
            text.Append(Trunk.Fields[i].Lead).Append(Escape(values[i]));
        }

        return text.Append(Trunk.Fields[^1].Tail).ToString();
    }

    private static PlanField CompileField(Profile profile, int index, ISequenceDecoder decoder)
    {
        var field = profile.Fields[index];
        var lead = (index == 0 ? "{\"" : "\",\"") + Escape(field.Name) + "\":\"";
        var tail = index == profile.Fields.Count - 1 ? "\"}" : "\",\"" + Escape(profile.Fields[index + 1].Name) + "\":\"";
        IReadOnlyList<string> escaped = field.Kind == FieldKind.Choice ? [.. field.Values.Select(Escape)] : [];
        return new PlanField
        {
            Field = field,
            Lead = lead,
            LeadTokens = decoder.Tokenize(lead, parseSpecial: false),
            Tail = tail,
            EscapedValues = escaped,
            Trie = field.Kind == FieldKind.Choice ? TokenTrie.Build(decoder, lead, escaped, tail) : null,
        };
    }

    // Models write umlauts and Chinese as they are, so the values that they are to recognise must not be \u-escaped.
    private static string Escape(string text) => JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();

    private static void Check(Profile profile)
    {
        if (profile.Fields.Count == 0)
        {
            throw new ArgumentException($"Profile '{profile.Name}' has no field. Give it at least one.", nameof(profile));
        }

        var twice = profile.Fields.GroupBy(f => f.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
        {
            throw new ArgumentException($"Profile '{profile.Name}' has {twice.Count()} fields named '{twice.Key}'. Rename all but one.", nameof(profile));
        }

        foreach (var field in profile.Fields)
        {
            if (field.Kind == FieldKind.Choice && (field.Values.Count == 0 || field.Values.Distinct(StringComparer.Ordinal).Count() != field.Values.Count))
            {
                throw new ArgumentException(
                    $"Field '{field.Name}' of profile '{profile.Name}' needs one or more values, all different; it has: {string.Join(", ", field.Values)}.",
                    nameof(profile));
            }

            if (field.Kind == FieldKind.Text && field.MaxCharacters is < 1 or > 10_000)
            {
                throw new ArgumentException(
                    $"Field '{field.Name}' of profile '{profile.Name}' allows {field.MaxCharacters} characters; the range is 1 to 10,000.",
                    nameof(profile));
            }
        }
    }
}
