using System.Text;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Remote;

/// <summary>
/// The catalogue's facts in a request to a server. In process, facts are tokenized without special tokens; a server tokenizes a whole conversation, and may take
/// <c>&lt;|im_end|&gt;</c> or <c>[/INST]</c> inside of it for the end of a turn, so brackets are replaced by others that no chat template uses.
/// </summary>
internal static class FactsAsData
{
    /// <summary>The text; empty where there is nothing to say.</summary>
    /// <param name="facts">The facts.</param>
    /// <param name="without">Names that are left out, since the model's own view is wanted.</param>
    public static string Of(ProductFacts facts, IEnumerable<string> without)
    {
        var text = new StringBuilder(FactsText.Of(facts, without).TrimStart('\n'));
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = text[i] switch
            {
                '<' => '‹',

                // between spaces it is part of a category's path
                '>' when i == 0 || !char.IsWhiteSpace(text[i - 1]) => '›',
                '[' => '(',
                ']' => ')',
                var other => other,
            };
        }

        return text.ToString();
    }
}
