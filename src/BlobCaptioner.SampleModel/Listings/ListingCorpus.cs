using BlobCaptioner.Profiles.Files;
using BlobCaptioner.SampleModel.Labels;

namespace BlobCaptioner.SampleModel.Listings;

/// <summary>The texts of all listings, from which the tokens are learned.</summary>
internal static class ListingCorpus
{
    private const int WordWeight = 200;

    // Chinese has no spaces. Tokens learned from its phrases would be whole phrases, some of them about products that are never trained.
    private static readonly string[] s_languages = ["en", "de"];

    /// <summary>All English and German field values of all pictures, the Chinese words and the field names. Many repeat.</summary>
    public static IEnumerable<string> All()
    {
        var fields = BuiltInProfiles.All.SelectMany(p => p.Fields).Where(f => !f.IsAttribute).DistinctBy(f => (f.Name, f.MinItems)).ToList();
        foreach (var label in Labels())
        {
            foreach (var language in s_languages)
            {
                foreach (var field in fields)
                {
                    foreach (var value in ListingWriter.Write(field, language, label))
                    {
                        yield return value;
                    }
                }
            }
        }

        var names = BuiltInProfiles.All.SelectMany(p => p.Fields).Select(f => f.Name).Distinct(StringComparer.Ordinal);
        foreach (var word in names.Concat(ChineseWords.Lexicon).SelectMany(w => Enumerable.Repeat(w, WordWeight)))
        {
            yield return word;
        }
    }

    private static IEnumerable<PictureLabel> Labels()
    {
        foreach (var kind in Enum.GetValues<Kind>())
        {
            foreach (var color in Enum.GetValues<ProductColor>())
            {
                foreach (var pattern in Enum.GetValues<Pattern>())
                {
                    foreach (var material in KindFacts.MaterialsOf(kind))
                    {
                        yield return new PictureLabel { Product = new Subject(kind, color, pattern, material), IsBusy = (int)color % 2 == 0 };
                    }
                }
            }
        }

        for (var i = 0; i < 50; i++)
        {
            foreach (var nonProduct in Enum.GetValues<NonProduct>())
            {
                yield return new PictureLabel { NonProduct = nonProduct };
            }
        }
    }
}
