using BlobCaptioner.Benchmarks.Images;
using BlobCaptioner.Benchmarks.Languages;

return args switch
{
    ["images", "--child", var contender, var output, .. var files] => await PreparationRun.RunAsync(contender, output, files),
    ["images", .. var rest] => await ImagesBenchmark.RunAsync(rest),
    ["languages", .. var rest] => await LanguagesBenchmark.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        "Usage: dotnet run -c Release --project tests/BlobCaptioner.Benchmarks -- images [--vipsthumbnail PATH] [--rounds N] [--pictures N]\n"
        + "       dotnet run -c Release --project tests/BlobCaptioner.Benchmarks -- languages --model TEXT.gguf --mmproj VISION.gguf [--rounds N] [--pictures N]");
    return 2;
}
