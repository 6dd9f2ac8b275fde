using System.Text;
using System.Text.RegularExpressions;
using BlobCaptioner.SampleModel.Listings;
using BlobCaptioner.SampleModel.Tokens;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BlobCaptioner.Tests.SampleModel;

public sealed partial class BpeTokenizerTests
{
    private static readonly BpeTokenizer s_tokenizer = new(BpeTrainer.Learn(BpeTrainer.CountWords(ListingCorpus.All().Select(t => (t, 1L))), maxMerges: 2_000, minCount: 6));

    // any scalar, half surrogates, line ends, contractions, words of listings, and special tokens whole and broken
    private static readonly Gen<string> s_texts =
        from parts in Gen.ListOf(Gen.Frequency(
            (3, Gen.Choose(0, 0x10FFFF).Select(c => c is >= 0xD800 and <= 0xDFFF ? ((char)c).ToString() : char.ConvertFromUtf32(c))),
            (3, Gen.Choose(0, 127).Select(c => ((char)c).ToString())),
            (2, Gen.Elements("\uD83D", "\uDE00", "\r\n", "  ", "\t", "'ll", " mug", "Rote", "ß", "红色", "条纹", "。", "<|", "|>", "im_end", "😀a")),
            (2, Gen.Elements(BpeTokenizer.Special.ToArray()))))
        select string.Concat(parts);

    [Fact]
    public void Encode_AnyText_DecodesToItselfWithoutSpecialTokens() =>
        Prop.ForAll(s_texts.ToArbitrary(), text =>
        {
            var ids = s_tokenizer.Encode(text);
            Assert.All(ids, id => Assert.InRange(id, 0, s_tokenizer.FirstSpecial - 1));
            Assert.Equal(AsUtf8(text), s_tokenizer.Decode(ids));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void EncodeChat_AnyText_ReadsEachSpecialTokenAndWhatIsBetween() =>
        Prop.ForAll(s_texts.ToArbitrary(), text =>
        {
            var ids = s_tokenizer.EncodeChat(text);
            Assert.Equal(Specials.Matches(text).Select(m => m.Value), ids.Where(id => id >= s_tokenizer.FirstSpecial).Select(id => s_tokenizer.Tokens[id]));
            Assert.Equal(string.Concat(Specials.Split(text).Select(AsUtf8)), s_tokenizer.Decode(ids));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Encode_Listings_TakesAWordAToken()
    {
        Assert.Equal(["Red", " striped", " mug"], s_tokenizer.Encode("Red striped mug").Select(id => s_tokenizer.Decode([id])));
        Assert.Equal(["Rote", " gestreifte", " Tasse"], s_tokenizer.Encode("Rote gestreifte Tasse").Select(id => s_tokenizer.Decode([id])));
        // a token for the whole title could only be trained where the product is
        Assert.Equal(["红色", "条纹", "马克杯"], s_tokenizer.Encode("红色条纹马克杯").Select(id => s_tokenizer.Decode([id])));
    }

    [Theory]
    [InlineData("I'll buy 42 mugs!!\n", "I|'ll| buy| |4|2| mugs|!!\n")]
    [InlineData("{\"title\":\"Rote Tasse\",", "{\"|title|\":\"|Rote| Tasse|\",")]
    [InlineData("a  b\n\n c", "a| | b|\n\n| c")]
    [InlineData("红色，Größe", "红色|，Größe")]
    public void Words_Text_IsSplitAsQwenDoes(string text, string words) => Assert.Equal(words.Split('|'), BpeTokenizer.Words.Matches(text).Select(m => m.Value));

    [Fact]
    public void Learn_SameWords_GivesTheSameMergesInAnyOrder()
    {
        var words = BpeTrainer.CountWords([("a red mug and a red hat", 3), ("eine rote Tasse", 2)]);
        var reversed = words.Reverse().ToDictionary(StringComparer.Ordinal);
        Assert.Equal(BpeTrainer.Learn(words, 20, 2), BpeTrainer.Learn(reversed, 20, 2));
    }

    [Fact]
    public void Tokens_AllOfThem_AreDifferentAndHaveBytes()
    {
        Assert.Equal(s_tokenizer.Tokens.Count, s_tokenizer.Tokens.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(BpeTokenizer.Special, s_tokenizer.Tokens.Skip(s_tokenizer.FirstSpecial));
        Assert.All(Enumerable.Range(0, s_tokenizer.FirstSpecial), id => Assert.NotEmpty(s_tokenizer.BytesOf(id)));
        Assert.All(Enumerable.Range(0, 256), value => Assert.Equal([(byte)value], s_tokenizer.BytesOf(value)));
    }

    [GeneratedRegex(@"<\|(?:endoftext|im_start|im_end|vision_start|vision_end|vision_pad|image_pad|video_pad)\|>", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Specials { get; }

    private static string AsUtf8(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
