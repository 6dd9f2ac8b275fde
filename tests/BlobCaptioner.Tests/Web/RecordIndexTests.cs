using BlobCaptioner.Web.Api;
using BlobCaptioner.Web.Index;
using Microsoft.Data.Sqlite;
using Xunit;

namespace BlobCaptioner.Tests.Web;

public sealed class RecordIndexTests : IDisposable
{
    private static readonly Dictionary<string, PictureState> s_nothing = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("captioner-index-").FullName;

    private string FilePath => Path.Combine(_folder, "index.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void List_EachFilter_FindsTheRightOnes()
    {
        using var index = Open();
        index.Write([
            Picture("a/red.jpg", PictureState.Described, "Red mug", flags: ["title-cut"], languages: ["en", "de"]),
            Picture("a/blue.jpg", PictureState.Approved, "Blaue Tasse für Kaffee", languages: ["de"]),
            Picture("b/白.png", PictureState.Described, "白色马克杯", flags: ["de.title-cut", "color-low-confidence"], languages: ["zh"]),
            Picture("top.png", PictureState.Rejected, null),
        ]);

        Assert.Equal(["a/blue.jpg", "a/red.jpg"], Names(index, new() { Folder = "a/" }));
        Assert.Equal(["a/red.jpg", "b/白.png"], Names(index, new() { State = PictureState.Described }));
        Assert.Equal(["a/red.jpg", "b/白.png"], Names(index, new() { Flag = "cut" }));
        Assert.Equal(["b/白.png"], Names(index, new() { Flag = "de.title-cut" }));
        Assert.Equal(["a/blue.jpg", "a/red.jpg"], Names(index, new() { Language = "de" }));
        Assert.Equal(["a/blue.jpg"], Names(index, new() { Text = "kaffee tasse" }));
        Assert.Equal(["b/白.png"], Names(index, new() { Text = "马克杯" }));
        Assert.Equal(["b/白.png"], Names(index, new() { Text = "白色" }));
        Assert.Equal(["a/red.jpg"], Names(index, new() { Text = "RED", Folder = "a/", State = PictureState.Described }));
        Assert.Empty(Names(index, new() { Text = "\" OR 1=1 --" }));
        Assert.Empty(Names(index, new() { Text = "%" }));
    }

    [Fact]
    public void List_PicturesUnderWay_CountByWhatTheyAreNow()
    {
        using var index = Open();
        index.Write([Picture("a.jpg", PictureState.Waiting, null), Picture("b.jpg", PictureState.Waiting, null)]);
        var live = new Dictionary<string, PictureState>(StringComparer.Ordinal) { ["b.jpg"] = PictureState.Writing };
        var page = index.List(new() { State = PictureState.Writing }, live, 0, 10);
        Assert.Equal((1, "b.jpg", PictureState.Writing), (page.Total, page.Items.Single().Name, page.Items.Single().State));
        Assert.Equal(1, page.States[PictureState.Waiting]);
    }

    [Fact]
    public void Write_Again_ReplacesRowTextFlagsAndLanguages()
    {
        using var index = Open();
        index.Write([Picture("a.jpg", PictureState.Described, "Red mug", flags: ["title-cut"], languages: ["en"])]);
        index.Write([Picture("a.jpg", PictureState.Approved, "Green chair", languages: ["de"])]);
        Assert.Empty(Names(index, new() { Text = "mug" }));
        Assert.Empty(Names(index, new() { Flag = "cut" }));
        Assert.Empty(Names(index, new() { Language = "en" }));
        Assert.Equal(["a.jpg"], Names(index, new() { Text = "chair", Language = "de", State = PictureState.Approved }));
        index.Delete(["a.jpg"]);
        Assert.Empty(Names(index, new()));
        Assert.Empty(index.Facets().Languages);
    }

    [Fact]
    public void Open_Again_KeepsItsRowsAndAnotherContainerBeginsAnew()
    {
        using (var index = Open())
        {
            index.Write([Picture("a.jpg", PictureState.Described, "Red mug")]);
        }

        using (var again = Open())
        {
            Assert.Equal(("e-a.jpg", "r"), again.Versions()["a.jpg"]);
        }

        using var other = new RecordIndex(FilePath, "https://other/images");
        Assert.Empty(other.Versions());
    }

    [Fact]
    public void Open_DamagedFile_BeginsAnew()
    {
        File.WriteAllText(FilePath, new string('x', 10_000));
        using var index = Open();
        index.Write([Picture("a.jpg", PictureState.Described, "Red mug")]);
        Assert.Equal(["a.jpg"], Names(index, new()));
    }

    [Theory]
    [InlineData("UPDATE pictures SET state = 'rubbish'")]
    [InlineData("UPDATE pictures SET card = 'null'")]
    [InlineData("UPDATE pictures SET card = '{'")]
    [InlineData("UPDATE pictures SET card = x'00'")]
    public void List_ARowThatWeDidNotWrite_SaysDamageAndARebuildMendsIt(string sql)
    {
        using var index = Open();
        index.Write([Picture("a.jpg", PictureState.Described, "Red mug")]);
        using (var other = new SqliteConnection($"Data Source={FilePath};Pooling=false"))
        {
            other.Open();
            RecordIndex.Command(other, sql).ExecuteNonQuery();
        }

        var error = Assert.ThrowsAny<Exception>(() => index.List(new(), s_nothing, 0, 50));
        Assert.True(RecordIndex.IsDamage(error) && index.IsDamaged, error.ToString());
        index.Rebuild();
        Assert.Empty(Names(index, new()));
    }

    [Fact]
    public void Facets_CountFoldersFlagsAndLanguages()
    {
        using var index = Open();
        index.Write([
            Picture("a/x.jpg", PictureState.Described, "x", flags: ["en.title-cut", "de.title-cut"], languages: ["en", "de"]),
            Picture("a/b/y.jpg", PictureState.Described, "y", flags: ["color-low-confidence"], languages: ["en"]),
            Picture("z.jpg", PictureState.Waiting, null),
        ]);
        var facets = index.Facets();
        Assert.Equal([("", 1), ("a/", 1), ("a/b/", 1)], facets.Folders.Select(f => (f.Key, f.Value)));
        Assert.Equal([("cut", 1), ("low-confidence", 1)], facets.Flags.Where(f => !f.Key.StartsWith('=')).Select(f => (f.Key, f.Value)).Order());
        Assert.Equal((2, 1), (facets.Languages["en"], facets.Languages["de"]));
    }

    private static IEnumerable<string> Names(RecordIndex index, PictureQuery query)
    {
        var page = index.List(query, s_nothing, 0, 50);
        Assert.Equal(page.Items.Count, page.Total);
        return page.Items.Select(i => i.Name);
    }

    private static IndexedPicture Picture(string name, PictureState state, string? title, string[]? flags = null, string[]? languages = null) => new(
        new() { Name = name, State = state, Image = name, ImageVersion = "v", Title = title, Flags = flags ?? [], Languages = languages ?? [] }, "e-" + name, "r", $"{name}\n{title}");

    private RecordIndex Open() => new(FilePath, "https://shop/images");
}
