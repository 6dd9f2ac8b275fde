using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using System.Text.Json;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Inference.Plans;

/// <summary>
/// A profile compiled for one decoder: literal text that is appended in bulk (jump-forward decoding, as in SGLang), free text that is
/// sampled to its closing quote or limit, choices that are walked down a token trie. With one language an answer has the shape
/// <c>{"category":"mug","title":"Red mug"}</c>; with several, attributes first, then <c>,"de":{"title":"..."}</c> for each. No spaces.
/// Thread-safe.
/// </summary>
public sealed class DecodingPlan
{
    // Far more than a plan needs: each is a field after a piece of literal text. Beyond, all are built again.
    private const int MostKept = 2_000;

    private readonly ConcurrentDictionary<(PlanField Field, bool IsEvidence, string Lead, string Tail), TokenTrie> _tries = new();
    private readonly ConcurrentDictionary<string, int[]> _literals = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Lead, string Ways), TokenTrie> _decisions = new();
    private readonly IReadOnlyList<int> _afterTokens;

    private DecodingPlan(ISequenceDecoder decoder, PlanSection trunk, IReadOnlyList<PlanSection> branches, IReadOnlyList<int> afterTokens)
    {
        Decoder = decoder;
        Trunk = trunk;
        Branches = branches;
        _afterTokens = afterTokens;
    }

    /// <summary>The profile it was compiled from.</summary>
    public required Profile Profile { get; init; }

    /// <summary>Tokens before the first picture's own, the picture's start tokens included: the same for all pictures of the profile.</summary>
    public required IReadOnlyList<int> PrefixTokens { get; init; }

    /// <summary>Tokens between two pictures of one prompt: the end of one and the start of the next.</summary>
    public required IReadOnlyList<int> BetweenImages { get; init; }

    /// <summary>Tokens after the last picture's for a request without facts: its end tokens, and the chat markup up to the answer.</summary>
    public required IReadOnlyList<int> SuffixTokens { get; init; }

    /// <summary>Most tokens that an answer takes in the KV cache: trunk and all branches.</summary>
    public int MaxAnswerTokens => Trunk.MaxAnswerTokens + Branches.Sum(b => b.MaxAnswerTokens);

    /// <summary>Tokens that are reserved for an answer: trunk and all branches.</summary>
    public int ExpectedAnswerTokens => Trunk.ExpectedAnswerTokens + Branches.Sum(b => b.ExpectedAnswerTokens);

    /// <summary>The section that is written first: everything where there is one language, else the attributes.</summary>
    internal PlanSection Trunk { get; }

    /// <summary>One section a language, where there are several: each goes on where the trunk ended, in a fork of its sequence. Empty for one language.</summary>
    internal IReadOnlyList<PlanSection> Branches { get; }

    internal ISequenceDecoder Decoder { get; }

    /// <summary>KV cache cells that are reserved for a request, without the shared prefix.</summary>
    /// <param name="imageTokens">Tokens of all its encoded pictures.</param>
    public int CellsFor(int imageTokens) => imageTokens + SuffixTokens.Count + ExpectedAnswerTokens;

    /// <summary>The same for a request with facts: they are in the prompt, and supplied values in the answer.</summary>
    /// <param name="imageTokens">Tokens of all its encoded pictures and of what stands between them.</param>
    /// <param name="suffixTokens">Tokens of <see cref="SuffixTokensFor"/>.</param>
    public int CellsFor(int imageTokens, int suffixTokens) => CellsFor(imageTokens) + (2 * (suffixTokens - SuffixTokens.Count));

    /// <summary>Tokens after the last picture's, with the facts as data: at most 2,000 characters, which can't become chat markup.</summary>
    /// <param name="facts">The catalogue's facts. Values that a look at the picture can contradict are left out, so that the look is unbiased.</param>
    public IReadOnlyList<int> SuffixTokensFor(ProductFacts facts)
    {
        var text = FactsText.Of(facts, Trunk.Fields.Where(f => f.Field.IsVisible).Select(f => f.Field.Name));
        return text.Length == 0 ? SuffixTokens : [.. Decoder.Info.ImageEndTokens, .. Decoder.Tokenize(text, parseSpecial: false), .. _afterTokens];
    }

    /// <summary>Compiles a profile.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="decoder">Tokenizes and knows the chat layout.</param>
    /// <exception cref="ArgumentException">
    /// The profile has no field or language, two of one name, a choice without values or with one twice, or a limit out of its range.
    /// </exception>
    public static DecodingPlan Compile(Profile profile, ISequenceDecoder decoder)
    {
        PlanCheck.Require(profile);
        var frame = decoder.FormatChat(profile.System, profile.Instruction);
        var after = decoder.Tokenize(frame.After, parseSpecial: true);
        var compiler = new PlanCompiler(profile, decoder);
        var isMany = profile.Languages.Count > 1;
        return new DecodingPlan(decoder, isMany ? compiler.Attributes() : compiler.Everything(), isMany ? compiler.Branches() : [], after)
        {
            Profile = profile,
            PrefixTokens = [.. decoder.Tokenize(frame.Before, parseSpecial: true), .. decoder.Info.ImageStartTokens],
            BetweenImages = [.. decoder.Info.ImageEndTokens, .. decoder.Info.ImageStartTokens],
            SuffixTokens = [.. decoder.Info.ImageEndTokens, .. after],
        };
    }

    /// <summary>The trie of a field's options, or of its evidence, after a piece of literal text.</summary>
    /// <param name="field">The field.</param>
    /// <param name="isEvidence">True for the question where the value comes from.</param>
    /// <param name="lead">Text before the option that is not in the cache yet.</param>
    /// <param name="tail">Text that surely follows.</param>
    internal TokenTrie GetTrie(PlanField field, bool isEvidence, string lead, string tail)
    {
        Trim(_tries);
        return _tries.GetOrAdd((field, isEvidence, lead, tail), BuildTrie);
    }

    /// <summary>Tokens of literal text. They are kept, since the same few pieces come in every answer, so the array must not be changed.</summary>
    internal int[] TokenizeLiteral(string text)
    {
        Trim(_literals);
        return _literals.GetOrAdd(text, static (t, decoder) => decoder.Tokenize(t, parseSpecial: false), Decoder);
    }

    /// <summary>The ways that an answer can go on with, kept.</summary>
    /// <param name="lead">Text before them that is not in the cache yet.</param>
    /// <param name="ways">The ways.</param>
    internal TokenTrie GetDecision(string lead, string[] ways)
    {
        Trim(_decisions);
        return _decisions.GetOrAdd((lead, string.Join('\n', ways)), static (key, state) => TokenTrie.Build(state.Decoder, key.Lead, state.ways, tail: ""), (Decoder, ways));
    }

    /// <summary>As <see cref="GetTrie"/>, but not kept: for literal text of a single picture.</summary>
    internal TokenTrie BuildTrie((PlanField Field, bool IsEvidence, string Lead, string Tail) key)
    {
        var options = key.IsEvidence ? key.Field.EvidenceOptions : key.Field.EscapedOptions;
        return key.Field.Field.Kind == FieldKind.Choices && !key.IsEvidence
            ? TokenTrie.Build(Decoder, key.Lead, options, key.Tail, "\",\"", "\"],\"", "\"]}")
            : TokenTrie.Build(Decoder, key.Lead, options, key.Tail);
    }

    private static void Trim<TKey, TValue>(ConcurrentDictionary<TKey, TValue> kept)
        where TKey : notnull
    {
        if (kept.Count > MostKept)
        {
            kept.Clear();
        }
    }

    // Models write umlauts and Chinese as they are, so the values that they are to recognise must not be \u-escaped.
    internal static string Escape(string text) => JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
}
