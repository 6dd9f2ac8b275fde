using System.Text.Json;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Records;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

/// <summary>Products through the main command: real Azurite, real model.</summary>
public sealed class ProductsUpTests(AzuriteFixture files)
{
    [Fact]
    public async Task Up_OnceWithViewsOfProducts_WritesAllViewsAndProductsAndThenNothing()
    {
        var folder = files.CreateFolder();
        var settings = """{"profile": "sample", "grouping": "sku", "fields": [{"name": "pattern", "perView": true}]}"""u8.ToArray();
        PictureFiles.Write(folder, "in/_captioner.json", settings);
        for (var i = 1; i <= 5; i++)
        {
            PictureFiles.Write(folder, $"in/mugs/S-{i}.jpg", PictureFiles.Jpeg(i));
        }

        PictureFiles.Write(folder, "in/T.jpg", PictureFiles.Jpeg(6));
        var result = await CaptionerProcess.RunAsync(folder, "up", "--images", "in", "--out", "out", "--once", "--json");
        Assert.True(result.ExitCode == 0, result.Text + result.Errors);
        Assert.Equal((6, 2), (result.Summary.GetProperty("described").GetInt32(), result.Summary.GetProperty("products").GetInt32()));
        await ValidRecord.CheckFolderAsync(Path.Combine(folder, "out"));
        var product = Record(folder, "mugs/S.product.json");
        Assert.Equal(5, product.GetProperty("product").GetProperty("views").GetArrayLength());
        Assert.Equal(["category", "color"], product.GetProperty("attributes").EnumerateObject().Select(a => a.Name));
        Assert.False(string.IsNullOrWhiteSpace(product.GetProperty("copy").GetProperty("en").GetProperty("title").GetString()));
        Assert.Equal(["pattern"], Record(folder, "mugs/S-1.jpg.json").GetProperty("attributes").EnumerateObject().Select(a => a.Name));
        var views = product.GetProperty("generation").GetProperty("imageTokens").GetInt32() / (double)Record(folder, "T.product.json").GetProperty("generation").GetProperty("imageTokens").GetInt32();
        Assert.Equal(4, views);

        var again = await CaptionerProcess.RunAsync(folder, "up", "--images", "in", "--once", "--json");
        Assert.Equal((0, 0), (again.Summary.GetProperty("described").GetInt32(), again.Summary.GetProperty("products").GetInt32()));
        Assert.Equal(2, again.Summary.GetProperty("store").GetProperty("products").GetInt32());
    }

    private static JsonElement Record(string folder, string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "out", name)));
        return json.RootElement.Clone();
    }
}
