using System.Text;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Catalogs;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BlobCaptioner.Tests.Profiles;

public sealed class ProductCatalogTests
{
    [Theory]
    [InlineData("sku,brand\nA,Acme\n", "A.jpg", "Acme")]
    [InlineData("\uFEFFSKU;Brand\r\nA;Acme\r\n", "A.jpg", "Acme")]
    [InlineData("sku\tbrand\nA\tAcme", "A.jpg", "Acme")]
    [InlineData("\"sku\",\"brand\"\n\"A\",\"Ac\"\"me, Inc\"", "A.jpg", "Ac\"me, Inc")]
    [InlineData("sku,brand\n\n,\nA, Acme \n", "A.jpg", "Acme")]
    [InlineData("sku,brand\nA,27\" Acme", "A.jpg", "27\" Acme")]
    [InlineData("sku,brand\nA,\"two\nlines\"", "A.jpg", "two\nlines")]
    [InlineData("id,brand\nA,Acme", "A-2.jpg", "Acme")]
    [InlineData("file,brand\na b.JPG,Acme", "a b.JPG", "Acme")]
    [InlineData("filename,brand\na.jpg,Acme", "x/y/a.jpg", "Acme")]
    [InlineData("image,brand\na,Acme", "a.jpg", "Acme")]
    [InlineData("image,brand\nx/a.jpg,Acme", "x/a.jpg", "Acme")]
    [InlineData("file,brand\na.png,Acme", "a.jpg", "Acme")]
    [InlineData("sku,brand\na-5,Acme", "A-5.jpg", "Acme")]
    [InlineData("sku,brand\nA,none\nA-1,Acme", "A-1-2.jpg", "Acme")]
    [InlineData("sku,brand\nA,none\nA-1,Acme", "A-1.jpg", "Acme")]
    [InlineData("sku,brand\nA,Acme\nA-1,none", "A-3.jpg", "Acme")]
    [InlineData("sku,brand\nA,Acme", "A (7).jpg", "Acme")]
    [InlineData("sku,brand\nA,Acme", "x/A/front.jpg", "Acme")]
    [InlineData("sku,brand\nA,Acme\na,other", "A.jpg", "Acme")]
    [InlineData("sku,brand\nA,Acme\nB,none", "A/B.jpg", "none")]
    public void Find_PictureOfARow_GetsItsFacts(string csv, string picture, string brand) =>
        Assert.Equal(brand, Read(csv).Find(picture)?.Facts.Find("brand"));

    [Theory]
    [InlineData("sku,brand\nA,Acme", "B.jpg")]
    [InlineData("sku,brand\nA,Acme", "A-100.jpg")]
    [InlineData("sku,brand\nA,Acme", "A-0.jpg")]
    [InlineData("sku,brand\nA,Acme", "A-front.jpg")]
    [InlineData("sku,brand\nAb,1\naB,2", "AB.jpg")]
    [InlineData("file,brand\nx/a.jpg,Acme", "y/a.jpg")]
    public void Find_PictureOfNoRow_SaysNothing(string csv, string picture) => Assert.Null(Read(csv).Find(picture));

    [Fact]
    public void Find_FileAndSku_SeveralFilesShareTheSku()
    {
        var catalog = Read("file,sku,view,empty\na.jpg,X,front,\nb.jpg,X,back,\n,Y,,\n");
        Assert.Equal(("X", "front"), (catalog.Find("a.jpg")!.Sku, catalog.Find("a.jpg")!.Facts.Find("view")));
        Assert.Equal(("X", "back"), (catalog.Find("b.jpg")!.Sku, catalog.Find("b.jpg")!.Facts.Find("view")));
        Assert.Equal("front", catalog.Find("X.jpg")!.Facts.Find("view"));
        Assert.Equal(["view"], catalog.Find("a.jpg")!.Facts.Values.Keys);
        Assert.Equal(3, catalog.Rows);
    }

    [Theory]
    [InlineData("", "c.csv: is empty")]
    [InlineData("a,b\n1,2", "line 1: no column is named sku, id, file, filename, image")]
    [InlineData("sku,b,B\n1,2,3", "line 1: 'b' is the name of 2 columns")]
    [InlineData("sku,b\nA,1\n\nB,2\nA,3", "line 5: 'A' is in line 2 too")]
    [InlineData("file,b\nA,1\nA,3", "line 3: 'A' is in line 2 too")]
    [InlineData("sku,b\n,1", "line 2: names neither a file nor a SKU")]
    [InlineData("sku,b\nA,1,2", "line 2: has 3 cells; the header has 2")]
    [InlineData("sku,b\nA,\"1", "line 2: a quote is opened and never closed")]
    [InlineData("sku,b\nA,\"1\"x", "line 2: there is text after a closing quote")]
    public void Read_WrongFile_NamesLineAndWayOut(string csv, string problem) =>
        Assert.Contains(problem, Assert.Throws<ProfileException>(() => Read(csv)).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_OverTheLimits_SaysThem()
    {
        Assert.Contains("line 2: 'b' has 2001 characters", Assert.Throws<ProfileException>(() => Read("sku,b\nA," + new string('x', 2001))).Message, StringComparison.Ordinal);
        var columns = string.Join(',', Enumerable.Range(0, 65).Select(i => $"c{i}"));
        Assert.Contains("65 columns besides the keys; the most is 64", Assert.Throws<ProfileException>(() => Read($"sku,{columns}")).Message, StringComparison.Ordinal);
        Assert.Contains("not UTF-8", Assert.Throws<ProfileException>(() => ProductCatalogReader.Read(new byte[] { (byte)'s', 0xC3, 0x28 }, "c.csv")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ManyProblems_ListsFiftyOfThem() =>
        Assert.Equal(50, Assert.Throws<ProfileException>(() => Read("sku,b\n" + string.Concat(Enumerable.Repeat(",1\n", 500)))).Problems.Count);

    [Fact]
    public void Find_RowChanges_OnlyItsHashDoes()
    {
        var (one, two) = (Read("sku,price\nA,1\nB,2"), Read("price,sku\n9,A\n2,B"));
        Assert.NotEqual(one.Find("A.jpg")!.Facts.Hash, two.Find("A.jpg")!.Facts.Hash);
        Assert.Equal(one.Find("B.jpg")!.Facts.Hash, two.Find("B.jpg")!.Facts.Hash);
    }

    [Fact]
    public void Read_AnyBytes_IsACatalogueOrItsOwnError()
    {
        string[] pieces = ["sku", "file", ",", ";", "\t", "\n", "\r\n", "\"", "\"\"", "A", "b.jpg", " ", "é", "\0", "\uFEFF"];
        var texts = Gen.Elements(pieces).ListOf().Select(p => Encoding.UTF8.GetBytes("sku,b\n" + string.Concat(p)));
        var bytes = Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf();
        Prop.ForAll(Gen.OneOf(texts, bytes).ToArbitrary(), content =>
        {
            try
            {
                _ = ProductCatalogReader.Read(content, "c.csv").Find("x/A-1.jpg");
            }
            catch (ProfileException error)
            {
                Assert.NotEmpty(error.Problems);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static ProductCatalog Read(string csv) => ProductCatalogReader.Read(Encoding.UTF8.GetBytes(csv), "c.csv");
}
